/// A stored block of one row, made of its record: what projections and conditions read.
struct SingleRow: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var layout: BlockLayout
    private let headBytes: Int

    init(fieldCount: Int) {
        layout = BlockLayout(fieldCount: fieldCount, textBytes: 0, rows: 1, runs: 0)
        headBytes = 2 * fieldCount + BlockLayout.nullBytes(fieldCount)
    }

    /// - Parameter record: as `RowEncoder` encodes a row.
    mutating func take(_ record: Span<UInt8>) {
        let cellBytes = 2 * layout.fieldCount
        let textBytes = record.count - headBytes
        bytes.removeAll(keepingCapacity: true)
        bytes.append(record, headBytes..<record.count)
        bytes.append16(textBytes - 1)
        // Its place in the order of arrival, for which nobody asks.
        bytes.append32(0)
        // The end of the last cell is that of the row.
        bytes.append(record, 0..<cellBytes - 2)
        bytes.append(record, cellBytes..<headBytes)
        layout = BlockLayout(fieldCount: layout.fieldCount, textBytes: textBytes, rows: 1, runs: 0)
    }
}
