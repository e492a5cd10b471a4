/// Gathers encoded rows into blocks, as `BlockLayout` lays them out.
struct BlockBuilder {
    private let fieldCount: Int
    private var text: [UInt8] = []
    private var rowEnds: [UInt8] = []
    private var sequence: [UInt8] = []
    private var cellEnds: [UInt8] = []
    private var nulls: [UInt8] = []
    private var rows = 0

    init(fieldCount: Int) { self.fieldCount = fieldCount }

    /// Whether the block must be written before this record can be added.
    func isFull(for record: Span<UInt8>) -> Bool {
        rows > 0 && text.count + record.count - headBytes > BlockLayout.maximumTextBytes
    }

    /// `row` is the row's place in the file, from 0.
    mutating func append(_ record: Span<UInt8>, row: UInt32) {
        cellEnds.append(record, 0..<2 * fieldCount)
        nulls.append(record, 2 * fieldCount..<headBytes)
        text.append(record, headBytes..<record.count)
        rowEnds.append32(text.count)
        sequence.append32(Int(row))
        rows += 1
    }

    /// The block and its entry in the block table; empty again afterwards. Nil if there are no rows.
    mutating func take() -> (bytes: [UInt8], entry: BlockTable.Entry)? {
        guard rows > 0 else { return nil }
        let bytes = text + rowEnds + sequence + cellEnds + nulls
        let entry = BlockTable.Entry(textBytes: text.count, rows: rows, checksum: Checksum.of(bytes))
        text.removeAll(keepingCapacity: true)
        rowEnds.removeAll(keepingCapacity: true)
        sequence.removeAll(keepingCapacity: true)
        cellEnds.removeAll(keepingCapacity: true)
        nulls.removeAll(keepingCapacity: true)
        rows = 0
        return (bytes, entry)
    }

    private var headBytes: Int { 2 * fieldCount + (fieldCount + 7) / 8 }
}
