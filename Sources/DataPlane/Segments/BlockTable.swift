/// Where the blocks of a segment lie: its file of blocks, twenty-four bytes a block.
struct BlockTable: Sendable {
    struct Entry: Hashable, Sendable {
        var textBytes: Int
        var rows: Int
        /// None in an open dataset.
        var runs: Int
        /// Whose the first and the last run are; 0 without runs.
        var owners: ClosedRange<UInt32>
        var checksum: UInt32
    }

    private(set) var entries: [Entry] = []
    /// Per block, the row it begins with and its offset in the file of rows; one more for the end.
    private(set) var firstRows = [0]
    private(set) var offsets = [0]
    let fieldCount: Int

    init(fieldCount: Int) { self.fieldCount = fieldCount }

    var count: Int { entries.count }
    var rows: Int { firstRows[count] }
    var sizeBytes: Int { offsets[count] }
    var textBytes: Int { entries.reduce(0) { $0 + $1.textBytes } }

    mutating func append(_ entry: Entry) {
        firstRows.append(rows + entry.rows)
        offsets.append(sizeBytes + layout(entry).sizeBytes)
        entries.append(entry)
    }

    @inline(__always)
    func layout(_ block: Int) -> BlockLayout { layout(entries[block]) }

    @inline(__always)
    private func layout(_ entry: Entry) -> BlockLayout {
        BlockLayout(fieldCount: fieldCount, textBytes: entry.textBytes, rows: entry.rows, runs: entry.runs)
    }

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
    private static let entryBytes = 24

    /// The content of the file.
    var encoded: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(count * Self.entryBytes)
        for entry in entries {
            output.append32(entry.textBytes)
            output.append32(entry.rows)
            output.append32(entry.runs)
            output.append32(Int(entry.owners.lowerBound))
            output.append32(Int(entry.owners.upperBound))
            output.append32(Int(entry.checksum))
        }
        return output
    }

    /// Nil if the content makes no sense.
    init?(_ content: [UInt8], fieldCount: Int) {
        self.init(fieldCount: fieldCount)
        guard content.count % Self.entryBytes == 0 else { return nil }
        for offset in stride(from: 0, to: content.count, by: Self.entryBytes) {
            guard let entry = Self.entry(content.span, offset),
                entry.owners.lowerBound >= entries.last?.owners.upperBound ?? 0
            else { return nil }
            append(entry)
        }
    }

    private static func entry(_ bytes: Span<UInt8>, _ offset: Int) -> Entry? {
        let (first, last) = (bytes.load32(offset + 12), bytes.load32(offset + 16))
        guard first <= last else { return nil }
        let entry = Entry(
            textBytes: bytes.load32(offset), rows: bytes.load32(offset + 4), runs: bytes.load32(offset + 8),
            owners: UInt32(first)...UInt32(last), checksum: UInt32(bytes.load32(offset + 20)))
        // Each row has a line end at least, so these bounds also keep all sums far from overflow.
        guard (1...BlockLayout.maximumTextBytes).contains(entry.textBytes),
            (1...entry.textBytes).contains(entry.rows), entry.runs <= entry.rows
        else { return nil }
        return entry
    }
}
