/// What a read sends that goes on from an earlier one: rows that came since, and all rows of owners of whom
/// the reader got others, or none.
public struct Delta: Sendable {
    /// The place in the order of arrival from which on rows are new.
    public var firstSequence: Int
    /// Owners of whom all rows are sent, new or not.
    public var renewed: OrdinalSet
    /// Owner keys of which the reader drops all rows that he has, before he takes those that come. In NDJSON
    /// each is a line `{"retract":KEY}` before the first row; in CSV they cannot be said.
    public var retracted: [String]

    public init(firstSequence: Int, renewed: OrdinalSet, retracted: [String]) {
        self.firstSequence = firstSequence
        self.renewed = renewed
        self.retracted = retracted
    }
}

extension Delta {
    /// Which rows of a segment are new.
    enum Part: Hashable, Sendable {
        case all, none
        case some(firstPlace: Int)
    }

    func part(of segment: Manifest.Segment) -> Part {
        let place = firstSequence - segment.firstSequence
        return place <= 0 ? .all : place < segment.sequenceCount ? .some(firstPlace: place) : .none
    }
}
