public import DataPlane
public import Model

/// A read that was decided: what will flow, from where, under whose grants.
public struct ReadPlan: Sendable {
    public var dataset: Slug
    public var version: StoredVersion
    /// Nil for an open dataset, which needs no grant.
    public var gate: AgreementGate?
    /// The filter as it was at the decision.
    public var view: AgreementGate.View?
    /// Field names in the order of the answer.
    public var fields: [String]
    /// Their positions in the version.
    public var positions: [Int]
    public var decision: Decision
    /// Rounded as every reader may know them; nil when fewer than 20 owners are withheld.
    public var withheld: Withheld?
    /// Only rows for which it is true.
    public var condition: Condition?
    /// At most so many rows.
    public var limit: Int?
    /// Only rows for which this is true, which the agreement demands.
    public var bounds: Condition?
    /// What goes on from an earlier read; nil for one that does not.
    public var continuation: Continuation?
    /// Where the rows come from; nil for those of the version.
    public var source: Source?
    /// Its place among the reads of an agreement that limits them; nil where none does.
    public var reservation: ReadCounter.Reservation?
    /// Where whoever comes back goes on, as far as the plan can tell; nil if nobody can.
    var cursor: ReadCursor?

    /// What an earlier read lacks.
    public struct Continuation: Sendable {
        /// The cursor that it was given.
        public var text: String
        /// Which it read.
        public var version: Int
        public var delta: Delta
    }

    /// The rows of a connected dataset.
    public struct Source: Sendable {
        public var upstream: Upstream
        /// Whether the operator lets the hub read there.
        public var isAllowed: Bool
        public var shape: ConnectedShape
    }

    public var epoch: Int64 { view?.epoch ?? 0 }

    /// Whether whoever reads all of it is given a cursor.
    public var givesCursor: Bool { cursor != nil }

    /// What its entries tell of a read of everything: without a condition, a limit or a cursor.
    public struct Summary: Sendable {
        public let withheld: Withheld?
        let dataset: Slug
        let version: Int
        let gate: AgreementGate?
        let fields: [String]
        let decision: Decision
        let epoch: Int64
    }

    public var summary: Summary {
        Summary(
            withheld: withheld, dataset: dataset, version: version.number, gate: gate, fields: fields,
            decision: decision, epoch: epoch)
    }
}

/// How much a reader does not get of the whole dataset, both rounded down to a multiple of 10 so that nobody
/// can tell from it whether one owner granted.
public struct Withheld: Hashable, Sendable {
    public var rows: Int
    public var owners: Int

    /// Nil when fewer than 20 owners are withheld.
    public init?(exactRows: Int, exactOwners: Int) {
        guard exactOwners >= 20 else { return nil }
        rows = exactRows / 10 * 10
        owners = exactOwners / 10 * 10
    }
}
