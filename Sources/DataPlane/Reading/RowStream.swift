import Model

/// The rows of one read, block by block.
///
/// A block is assembled under a filter snapshot without moving on, so that the caller can compare epochs just
/// before he writes it and assemble it anew if the filter has changed:
///
///     while let block = try stream.assemble(snapshot) {
///         // epoch still the one of `snapshot`? then write `block.bytes`, and
///         stream.advance(past: block)
///     }
///
/// Row order is unspecified: rows come clustered by owner. A CSV row of which the only cell is empty and
/// unquoted is an empty line; it counts as a row.
public struct RowStream: Sendable {
    /// The CSV header line; empty for NDJSON.
    public let header: [UInt8]
    private let version: StoredVersion
    private let filter: FilterMode
    private let projection: Projection
    private var position = ReadPosition()

    /// - Parameter fields: positions in the version's fields, in output order, at least one, none twice.
    /// - Throws: `DataPlaneError.notOpen` if `filter` is `.open` but the version has owners; `ClientFault` if
    ///   the positions are not so.
    public init(
        version: StoredVersion, filter: FilterMode, fields: [Int], format: OutputFormat
    ) throws {
        guard filter == .owners || version.ownerRule == .open else { throw DataPlaneError.notOpen }
        guard !fields.isEmpty, FieldSet(fields.filter { $0 >= 0 }).count == fields.count,
            fields.allSatisfy(version.fields.indices.contains)
        else {
            throw ClientFault(
                .badInput, "invalid_fields", "the fields are not some of the dataset's, each once",
                field: "fields", remedy: "name each field of the dataset at most once")
        }
        self.version = version
        self.filter = filter
        projection = Projection(fields: fields, of: version.fields, format: format)
        header = format == .csv ? CSVText.header(fields.map { version.fields[$0].name }) : []
    }

    /// The next block, as many whole rows as fit, as `snapshot` releases them; nil at the end. An open
    /// dataset needs no snapshot; where one is needed, nil releases nothing.
    /// - Throws: `DataPlaneError`: `corrupt` if a stored block is damaged, `foreignFilter`.
    public func assemble(_ snapshot: OwnerFilterSnapshot?) throws -> Block? {
        if filter == .owners, snapshot == nil { return nil }
        try snapshot?.check(version)
        var assembler = BlockAssembler(
            version: version, snapshot: filter == .open ? nil : snapshot, projection: projection,
            position: position)
        // The second half is for the last row, which is taken back if it does not fit in the first.
        let bytes = try [UInt8](capacity: 2 * Block.maximumBytes) { output in try assembler.fill(&output) }
        guard assembler.rows > 0 else { return nil }
        return Block(
            bytes: bytes, rows: assembler.rows, delivered: assembler.delivered, start: position,
            end: assembler.position)
    }

    /// Moves on behind a block that was assembled here.
    public mutating func advance(past block: Block) {
        precondition(block.start == position)
        position = block.end
    }
}
