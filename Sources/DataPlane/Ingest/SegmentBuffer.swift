/// Encoded rows in the order of arrival, on their way to become a segment.
struct SegmentBuffer: Sendable {
    /// Of encoded rows: what is sorted at once, in memory. What is added last may go a little beyond.
    static let maximumBytes = 64 << 20
    /// Rows without bytes take memory too.
    static let maximumRows = 1 << 21

    private struct Row: BitwiseCopyable {
        var end: UInt32
        var owner: UInt32
    }

    /// Bytes behind `usedBytes` mean nothing: records are written there before their rows are added.
    var records: [UInt8] = []
    private(set) var usedBytes = 0
    private var rows: [Row] = []

    var count: Int { rows.count }

    /// Makes room for so many bytes of records behind those that are used.
    mutating func makeRoom(for count: Int) {
        let needed = usedBytes + count
        guard needed > records.count else { return }
        // Twice as much, while a whole segment is more than that.
        let grown = max(needed, min(2 * records.count, Self.maximumBytes + count))
        records.append(contentsOf: repeatElement(0, count: grown - records.count))
    }

    /// Adds a row whose record is not here yet.
    mutating func append(_ record: Span<UInt8>, owner: UInt32) {
        makeRoom(for: record.count)
        let start = usedBytes
        var room = records.mutableSpan
        room.copy(record, 0..<record.count, to: start)
        add(end: start + record.count, owner: owner)
    }

    @inline(__always)
    private mutating func add(end: Int, owner: UInt32) {
        rows.append(Row(end: UInt32(end), owner: owner))
        usedBytes = end
    }

    /// Adds rows whose records were written behind those that are used, one behind the other.
    mutating func add(ends: [Int], owners: [UInt32]) {
        for (end, owner) in zip(ends, owners) { add(end: end, owner: owner) }
    }

    /// Empty again, with its memory.
    mutating func clear() {
        usedBytes = 0
        rows.removeAll(keepingCapacity: true)
    }

    /// Writes the rows by owner, inside an owner as they arrived, nobody's last.
    ///
    /// - Parameter ordinals: how many have been given out.
    func write(to writer: inout SegmentWriter, ordinals: Int) throws {
        try writer.append(records.span, sorted(ordinals: ordinals))
    }

    /// Adds the rows of each owner to the counts, by ordinal.
    func count(into counts: inout [UInt32], ordinals: Int) {
        counts.append(contentsOf: repeatElement(0, count: max(0, ordinals - counts.count)))
        for row in rows where row.owner != OwnerDictionary.nobody { counts[Int(row.owner)] += 1 }
    }

    private func sorted(ordinals: Int) -> [EncodedRow] {
        // Counting takes a place for each ordinal: for few rows of many owners comparing is less work.
        if rows.count < ordinals / 16 {
            return rows.indices.map(encodedRow).sorted { ($0.owner, $0.sequence) < ($1.owner, $1.sequence) }
        }
        // One place more for nobody; `next` is first the count, then where the owner's next row goes.
        func cluster(_ owner: UInt32) -> Int { min(Int(owner), ordinals) }
        var next = [UInt32](repeating: 0, count: ordinals + 1)
        for row in rows { next[cluster(row.owner)] += 1 }
        var total: UInt32 = 0
        for index in next.indices { (next[index], total) = (total, total + next[index]) }
        var sorted = [EncodedRow](
            repeating: EncodedRow(start: 0, length: 0, sequence: 0, owner: 0), count: count)
        for index in rows.indices {
            let row = encodedRow(index)
            let place = cluster(row.owner)
            sorted[Int(next[place])] = row
            next[place] += 1
        }
        return sorted
    }

    @inline(__always)
    private func encodedRow(_ index: Int) -> EncodedRow {
        let (start, row) = (index == 0 ? 0 : rows[index - 1].end, rows[index])
        return EncodedRow(
            start: start, length: row.end - start, sequence: UInt32(index), owner: row.owner)
    }
}
