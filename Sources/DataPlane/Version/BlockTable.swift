/// Where the blocks of a version lie: the file `blocks`, twelve bytes a block.
struct BlockTable: Sendable {
    struct Entry: Hashable, Sendable {
        var textBytes: Int
        var rows: Int
        var checksum: UInt32
    }

    private(set) var entries: [Entry] = []
    /// Per block, the row it begins with and its offset in the file `rows`; one more for the end.
    private(set) var firstRows = [0]
    private(set) var offsets = [0]
    let fieldCount: Int

    init(fieldCount: Int) { self.fieldCount = fieldCount }

    var count: Int { entries.count }
    var rows: Int { firstRows[count] }
    var sizeBytes: Int { offsets[count] }

    mutating func append(_ entry: Entry) {
        let layout = BlockLayout(fieldCount: fieldCount, textBytes: entry.textBytes, rows: entry.rows)
        firstRows.append(rows + entry.rows)
        offsets.append(sizeBytes + layout.sizeBytes)
        entries.append(entry)
    }

    func layout(_ block: Int) -> BlockLayout {
        BlockLayout(fieldCount: fieldCount, textBytes: entries[block].textBytes, rows: entries[block].rows)
    }

    func rowRange(_ block: Int) -> Range<Int> { firstRows[block]..<firstRows[block + 1] }

    func byteRange(_ block: Int) -> Range<Int> { offsets[block]..<offsets[block + 1] }

    /// The block that holds a row below `rows`.
    func block(of row: Int) -> Int {
        var range = 0..<count
        while range.count > 1 {
            let middle = (range.lowerBound + range.upperBound) / 2
            range = firstRows[middle] <= row ? middle..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}

extension BlockTable {
    private static let entryBytes = 12

    /// The content of the file.
    var encoded: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(count * Self.entryBytes)
        for entry in entries {
            output.append32(entry.textBytes)
            output.append32(entry.rows)
            output.append32(Int(entry.checksum))
        }
        return output
    }

    /// Nil if the content makes no sense.
    init?(_ content: [UInt8], fieldCount: Int) {
        self.init(fieldCount: fieldCount)
        guard content.count % Self.entryBytes == 0 else { return nil }
        let bytes = content.span
        for offset in stride(from: 0, to: content.count, by: Self.entryBytes) {
            let entry = Entry(
                textBytes: bytes.load32(offset), rows: bytes.load32(offset + 4),
                checksum: UInt32(bytes.load32(offset + 8)))
            // Each row has a line end at least, so these bounds also keep all sums far from overflow.
            guard (1...BlockLayout.maximumTextBytes).contains(entry.textBytes),
                (1...entry.textBytes).contains(entry.rows)
            else { return nil }
            append(entry)
        }
    }
}
