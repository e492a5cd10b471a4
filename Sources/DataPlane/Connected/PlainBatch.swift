/// Plain rows of a window that are looked up at once, so that their owners' slots are on their way from
/// memory while the next rows are hashed, and what differs from row to row is settled before rows are copied.
struct PlainBatch {
    /// Few enough for their slots to stay in the processor's cache.
    private static let capacity = 128

    /// What is done with a row; from 0 on it is sent, by the plan at that place.
    enum Outcome {
        static let withheld: Int32 = -1
        static let unknown: Int32 = -2
        static let ownerless: Int32 = -3
        /// Of an owner who granted what is sent, but not what the condition asks about.
        static let unmatched: Int32 = -4
    }

    /// A row that was found.
    private struct Entry: BitwiseCopyable {
        var probe = ConnectedOwners.Probe.none
        /// Of its owner, if it has one.
        var ordinal = OwnerDictionary.nobody
        var outcome = Outcome.withheld
    }

    /// How many rows were found.
    private(set) var count = 0
    /// Of the first row: its first mark, and where it begins.
    private(set) var firstMark: Int
    private(set) var start: Int
    /// Cells of a row.
    let width: Int
    /// Where the owner key stands; nil if all rows are one owner's, or nobody asks.
    private let ownerCell: Int?
    private let maximumBytes: Int
    private let validEnd: Int
    private let nullMarkers: NullMarkers
    private var entries = [Entry](repeating: Entry(), count: capacity)
    /// The rows that are sent, ascending, and how many there are.
    private var released = [UInt8](repeating: 0, count: capacity)
    private(set) var releasedCount = 0

    init(_ workshop: borrowing RowWorkshop, _ columns: UpstreamColumns) {
        firstMark = workshop.window.unused.lowerBound
        start = workshop.window.rowStart
        width = columns.width
        ownerCell = workshop.ownerField.map { columns.cells[$0] }
        maximumBytes = workshop.encoder.plainBytes
        validEnd = workshop.validEnd
        nullMarkers = workshop.nullMarkers
    }

    // MARK: Its rows

    @inline(__always)
    func released(_ index: Int) -> Int { Int(released[index]) }

    @inline(__always)
    func ordinal(_ row: Int) -> UInt32 { entries[row].ordinal }

    @inline(__always)
    func outcome(_ row: Int) -> Int32 { entries[row].outcome }

    @inline(__always)
    func cells(_ row: Int, _ marks: Span<UInt32>) -> Range<Int> {
        let first = firstMark &+ row &* width
        return first..<first &+ width
    }

    @inline(__always)
    func row(_ row: Int, _ text: Span<UInt8>, _ marks: Span<UInt32>) -> PlainRow {
        let first = firstMark &+ row &* width
        return PlainRow(
            text, start: row > 0 ? Int(marks[first &- 1]) &+ 1 : start,
            newline: Int(marks[first &+ width &- 1]))
    }

    /// The rows before this one are done with.
    mutating func advance(to row: Int, _ marks: Span<UInt32>) {
        guard row > 0 else { return }
        firstMark += row * width
        start = Int(marks[firstMark - 1]) + 1
    }

    // MARK: Looking them up

    /// Finds the plain rows from the next on, and hashes their keys.
    mutating func find(
        _ text: Span<UInt8>, _ marks: Span<UInt32>, upTo end: Int, _ owners: ConnectedOwners?
    ) {
        var (mark, start, found) = (firstMark, start, 0)
        let (width, maximumBytes, validEnd) = (width, maximumBytes, validEnd)
        let (ownerCell, nullMarkers) = (ownerCell, nullMarkers)
        var entries = entries.mutableSpan
        while found < Self.capacity, end &- mark >= width {
            let cells = marks.extracting(mark..<mark &+ width)
            guard let row = PlainRow(text, cells, start: start), row.lineEnd &- row.start <= maximumBytes,
                row.end <= validEnd
            else { break }
            if let owners, let ownerCell {
                entries[found].probe = Self.probe(row, text, cells, ownerCell, owners, nullMarkers)
            }
            found &+= 1
            mark &+= width
            start = row.end
        }
        count = found
    }

    @inline(__always)
    private static func probe(
        _ row: PlainRow, _ text: Span<UInt8>, _ cells: Span<UInt32>, _ cell: Int, _ owners: ConnectedOwners,
        _ nullMarkers: NullMarkers
    ) -> ConnectedOwners.Probe {
        let (start, end) = row.bounds(ofCell: cell, cells)
        let isQuoted = text[start] == UInt8(ascii: "\"")
        let margin = isQuoted ? 1 : 0
        let key = text.extracting(start &+ margin..<end &- margin)
        guard !key.isEmpty, isQuoted || !nullMarkers.contains(key) else { return .none }
        let probe = owners.probe(key)
        owners.prefetch(probe)
        return probe
    }

    /// Settles what is done with each row that was found.
    mutating func lookUp(_ filter: ConnectedFilter?, _ plans: inout ReleasePlans) {
        if let filter {
            findOwners(filter)
            settle(filter.grants, &plans)
        } else {
            for row in 0..<count { entries[row].outcome = plans.outcome(0, nil) }
        }
        releasedCount = 0
        for row in 0..<count {
            released[releasedCount & (Self.capacity - 1)] = UInt8(truncatingIfNeeded: row)
            releasedCount &+= entries[row].outcome >= 0 ? 1 : 0
        }
    }

    /// Notes the owner of each row that has one; withheld until it is known what he grants.
    private mutating func findOwners(_ filter: ConnectedFilter) {
        let (isKeyed, owners, count) = (ownerCell != nil, filter.owners, count)
        var entries = entries.mutableSpan
        // Those whose bucket was full, which are looked for once what is behind it is on its way too.
        var further = InlineArray<128, UInt8>(repeating: 0)
        var furtherCount = 0
        for row in 0..<count {
            var (ordinal, outcome) = (0, owners.count > 0 ? Outcome.withheld : Outcome.unknown)
            if isKeyed {
                let probe = entries[row].probe
                ordinal = probe.isAny ? owners.inFirstBucket(probe) : .nowhere
                outcome =
                    ordinal >= 0
                    ? Outcome.withheld : probe.isAny ? Outcome.unknown : Outcome.ownerless
                if ordinal == .further {
                    owners.prefetchSecond(probe)
                    further[furtherCount & 127] = UInt8(truncatingIfNeeded: row)
                    furtherCount &+= 1
                }
            }
            entries[row].ordinal = UInt32(truncatingIfNeeded: ordinal)
            entries[row].outcome = outcome
        }
        for index in 0..<furtherCount {
            let row = Int(further[index])
            guard let known = owners.candidate(entries[row].probe) else { continue }
            entries[row].ordinal = UInt32(truncatingIfNeeded: known)
            entries[row].outcome = Outcome.withheld
        }
    }

    /// What is done with the rows of owners, by what they grant.
    private mutating func settle(_ grants: OwnerFilterSnapshot, _ plans: inout ReleasePlans) {
        let count = count
        var entries = entries.mutableSpan
        for row in 0..<count where entries[row].outcome == Outcome.withheld {
            guard let scope = grants.scope(Int(entries[row].ordinal)) else { continue }
            entries[row].outcome = plans.outcome(scope, grants)
        }
    }

    /// Whether the row's key is its owner's by all its bytes.
    @inline(__always)
    func isKnown(
        _ index: Int, _ row: PlainRow, _ text: Span<UInt8>, _ cells: Span<UInt32>, _ owners: ConnectedOwners
    ) -> Bool {
        guard let ownerCell else { return true }
        return owners.isKey(
            Int(entries[index].ordinal), text.extracting(row.range(ofCell: ownerCell, cells, text)))
    }

    /// The row is none of its owner's after all.
    mutating func withdraw(_ row: Int) { entries[row].outcome = Outcome.unknown }

    /// Counts the rows before this one, and adds the owners of those withheld.
    func count(upTo end: Int, into counts: inout ConnectedCounts, withheld: inout [UInt32]) {
        counts.rows += end
        for row in 0..<end {
            switch entries[row].outcome {
            case Outcome.withheld:
                counts.withheld += 1
                withheld.append(entries[row].ordinal)
            case Outcome.unknown: counts.unknown += 1
            case Outcome.ownerless: counts.ownerless += 1
            default: break
            }
        }
    }
}
