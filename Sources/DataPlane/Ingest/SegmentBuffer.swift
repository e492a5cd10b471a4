/// Encoded rows in the order of arrival, on their way to become a segment.
struct SegmentBuffer {
    /// Of encoded rows: what is sorted at once, in memory.
    static let maximumBytes = 64 << 20

    private var bytes: [UInt8] = []
    /// Where each row ends.
    private var ends: [UInt32] = []
    private var owners: [UInt32] = []

    var count: Int { owners.count }

    var isFull: Bool { bytes.count >= Self.maximumBytes }

    mutating func append(_ record: Span<UInt8>, owner: UInt32) {
        bytes.append(record, 0..<record.count)
        ends.append(UInt32(bytes.count))
        owners.append(owner)
    }

    /// Writes the rows by owner, inside an owner as they arrived, nobody's last.
    ///
    /// - Parameter ordinals: how many have been given out.
    func write(to writer: inout SegmentWriter, ordinals: Int) throws {
        let records = bytes.span
        for row in order(ordinals: ordinals) {
            let start = row == 0 ? 0 : Int(ends[Int(row) - 1])
            try writer.append(
                records.extracting(start..<Int(ends[Int(row)])), sequence: Int(row), owner: owners[Int(row)])
        }
    }

    /// Adds the rows of each owner to the counts, by ordinal.
    func count(into counts: inout [UInt32], ordinals: Int) {
        while counts.count < ordinals { counts.append(0) }
        for owner in owners where owner != OwnerDictionary.nobody { counts[Int(owner)] += 1 }
    }

    private func order(ordinals: Int) -> [UInt32] {
        // Counting takes a place for each ordinal: for few rows of many owners comparing is less work.
        if count < ordinals / 16 {
            return (0..<UInt32(count)).sorted {
                (owners[Int($0)], $0) < (owners[Int($1)], $1)
            }
        }
        // One place more for nobody; `next` is first the count, then where the owner's next row goes.
        func cluster(_ owner: UInt32) -> Int { min(Int(owner), ordinals) }
        var next = [UInt32](repeating: 0, count: ordinals + 1)
        for owner in owners { next[cluster(owner)] += 1 }
        var total: UInt32 = 0
        for index in next.indices { (next[index], total) = (total, total + next[index]) }
        var order = [UInt32](repeating: 0, count: count)
        for (row, owner) in owners.enumerated() {
            let place = cluster(owner)
            order[Int(next[place])] = UInt32(row)
            next[place] += 1
        }
        return order
    }
}
