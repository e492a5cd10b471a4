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
/// Unless the original order is asked for, the order of rows is unspecified: they come clustered by owner. A
/// condition is asked behind the filter, and only
/// about fields that the row's owner granted, so it never tells anything of what he withheld. A CSV row of
/// which the only cell is empty and unquoted is an empty line; it counts as a row.
public struct RowStream: Sendable {
    /// The CSV header line; empty for NDJSON.
    public let header: [UInt8]
    private let version: StoredVersion
    private let filter: FilterMode
    private let projection: Projection
    private let program: ConditionProgram?
    private let bounds: ConditionProgram?
    private let limit: Int?
    private let order: RowOrder
    private let delta: Delta?
    /// Lines that go before the rows.
    private let retractions: [[UInt8]]
    private var position = ReadPosition()

    /// - Parameters:
    ///   - fields: positions in the version's fields, in output order, at least one, none twice.
    ///   - condition: only rows for which it is true; it may name any field of the version.
    ///   - bounds: only rows for which this is true too; asked of every row whatever its owner granted, so it
    ///     must say nothing that the reader may not know.
    ///   - limit: not negative: at most so many rows.
    ///   - delta: to go on from an earlier read; only for a version with owners.
    /// - Throws: `DataPlaneError.notOpen` if `filter` is `.open` but the version has owners; `ClientFault` if
    ///   the positions are not so, or the condition names a field that is none or a value of another type.
    public init(
        version: StoredVersion, filter: FilterMode, fields: [Int], format: OutputFormat,
        where condition: Condition? = nil, within bounds: Condition? = nil, limit: Int? = nil,
        order: RowOrder = .stored, delta: Delta? = nil
    ) throws {
        precondition(delta == nil || filter == .owners)
        guard filter == .owners || version.ownerRule == .open else { throw DataPlaneError.notOpen }
        try Self.check(fields, of: version.fields)
        self.version = version
        self.filter = filter
        self.limit = limit
        self.order = order
        self.delta = delta
        retractions = format == .ndjson ? delta?.retracted.map(JSONText.retraction) ?? [] : []
        program =
            if let condition { try ConditionProgram(condition, fields: version.fields) } else { nil }
        self.bounds = if let bounds { try ConditionProgram(bounds, fields: version.fields) } else { nil }
        projection = Projection(fields: fields, of: version.fields, format: format)
        header = format == .csv ? CSVText.header(fields.map { version.fields[$0].name }) : []
    }

    /// Whether these are positions in `all`, at least one, none twice.
    static func check(_ fields: [Int], of all: [Field]) throws(ClientFault) {
        guard !fields.isEmpty, FieldSet(fields.filter { $0 >= 0 }).count == fields.count,
            fields.allSatisfy(all.indices.contains)
        else {
            throw ClientFault(
                .badInput, "invalid_fields", "the fields are not some of the dataset's, each once",
                field: "fields", remedy: "name each field of the dataset at most once")
        }
    }

    /// The next block, as many whole rows as fit, as `snapshot` releases them; nil at the end. An open
    /// dataset needs no snapshot; where one is needed, nil releases nothing. It looks at a bounded number of
    /// rows: if the condition was true for none of them the block is empty.
    /// - Throws: `DataPlaneError`: `corrupt` if a stored block is damaged, `foreignFilter`.
    public func assemble(_ snapshot: OwnerFilterSnapshot?) throws -> Block? {
        if filter == .owners, snapshot == nil { return nil }
        try snapshot?.check(version)
        let snapshot = filter == .open ? nil : snapshot
        let selection = RowSelection(program, bounds: bounds, limit: limit, sent: position.sent)
        let block =
            switch order {
            case .stored: try assemble(BlockAssembler.self, snapshot, selection)
            case .original: try assemble(ArrivalAssembler.self, snapshot, selection)
            }
        return block.bytes.isEmpty && block.rows == 0 && block.isLast ? nil : block
    }

    private func assemble<Assembler: RowAssembler & ~Copyable>(
        _: Assembler.Type, _ snapshot: OwnerFilterSnapshot?, _ selection: RowSelection
    ) throws -> Block {
        var position = self.position
        var (rows, delivered, isLast) = (0, [DeliveredRun](), false)
        let bytes = try [UInt8](capacity: Self.capacity) { output in
            guard retract(from: &position, to: &output) else { return }
            var assembler = Assembler(
                version: version, snapshot: snapshot, delta: delta, projection: projection,
                selection: selection, position: position)
            try assembler.fill(&output)
            (position, rows) = (assembler.position, assembler.rows)
            (delivered, isLast) = (assembler.delivered, assembler.isAtEnd)
        }
        return Block(
            bytes: bytes, rows: rows, delivered: delivered, isLast: isLast, start: self.position,
            end: position)
    }

    /// Writes the retractions that are left, as many as fit.
    /// - Returns: whether all are written.
    private func retract(from position: inout ReadPosition, to output: inout OutputSpan<UInt8>) -> Bool {
        while position.retracted < retractions.count {
            let line = retractions[position.retracted]
            guard output.count == 0 || output.count + line.count <= Block.maximumBytes,
                output.append(line.span, 0..<line.count)
            else { return false }
            position.retracted += 1
        }
        return true
    }

    /// The second half is for the last row, which is taken back if it does not fit in the first.
    private static let capacity = 2 * Block.maximumBytes

    /// Moves on behind a block that was assembled here.
    public mutating func advance(past block: Block) {
        precondition(block.start == position)
        position = block.end
    }
}
