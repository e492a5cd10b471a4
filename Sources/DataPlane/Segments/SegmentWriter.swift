/// Writes the two files of one segment: rows, sorted by owner, and the table of their blocks.
struct SegmentWriter {
    private let version: Int
    private let number: Int
    private let firstSequence: Int
    private let directory: String
    private let disk: Disk
    private let hasOwners: Bool
    private let rows: FileWriter
    private var table: BlockTable
    private var builder: BlockBuilder

    init(
        version: Int, number: Int, firstSequence: Int, fieldCount: Int, hasOwners: Bool, in directory: String,
        disk: Disk
    ) throws {
        self.version = version
        self.number = number
        self.firstSequence = firstSequence
        self.directory = directory
        self.disk = disk
        self.hasOwners = hasOwners
        rows = try FileWriter("\(directory)/\(Manifest.Segment.rowsFile(version, number))", disk: disk)
        table = BlockTable(fieldCount: fieldCount)
        builder = BlockBuilder(fieldCount: fieldCount, hasOwners: hasOwners)
    }

    /// Adds rows as `RowEncoder` encodes them, sorted by owner.
    mutating func append(_ records: Span<UInt8>, _ encoded: [EncodedRow]) throws {
        var block = EncodedBlock(fieldCount: table.fieldCount, hasOwners: hasOwners)
        var next = 0
        while next < encoded.count {
            let laid = block.lay(records, encoded.span, from: next)
            try rows.appendUnchecked(block.bytes.span.extracting(0..<block.sizeBytes))
            table.append(laid.entry)
            next = laid.next
        }
    }

    /// Adds rows of a stored block, all of one owner.
    /// - Parameter shift: what is added to their sequence numbers.
    mutating func append(
        _ block: Span<UInt8>, _ layout: BlockLayout, rows range: Range<Int>, shift: Int, owner: UInt32
    ) throws {
        var row = range.lowerBound
        while row < range.upperBound {
            row += builder.append(
                block, layout, rows: row..<range.upperBound, shift: shift, owner: owner)
            if row < range.upperBound { try writeBlock() }
        }
    }

    private mutating func writeBlock() throws {
        guard let block = builder.take() else { return }
        try rows.appendUnchecked(block.bytes)
        table.append(block.entry)
    }

    /// Makes both files durable.
    /// - Parameter sequenceCount: one more than the highest sequence number in it.
    mutating func finish(sequenceCount: Int) throws -> Manifest.Segment {
        try writeBlock()
        try rows.finish()
        let path = "\(directory)/\(Manifest.Segment.blocksFile(version, number))"
        let blocks = try FileWriter.write(table.encoded, to: path, disk: disk)
        return Manifest.Segment(
            version: version, number: number, rows: table.rows, firstSequence: firstSequence,
            sequenceCount: sequenceCount, rowsBytes: table.sizeBytes, blocks: blocks)
    }
}
