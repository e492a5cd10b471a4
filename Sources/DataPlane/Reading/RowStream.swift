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
    private let whole: RowSource
    /// Fewer bytes to pass; nil if there is nothing that holds all fields of the read.
    private let projected: (source: RowSource, projection: StoredProjection)?
    private let limit: Int?
    private let order: RowOrder
    private let delta: Delta?
    /// Lines that go before the rows.
    private let retractions: [[UInt8]]
    /// In the version, wherever rows are read from.
    private var position = ReadPosition()

    /// - Parameters:
    ///   - fields: positions in the version's fields, in output order, at least one, none twice.
    ///   - condition: only rows for which it is true; it may name any field of the version.
    ///   - bounds: only rows for which this is true too; asked of every row whatever its owner granted, so it
    ///     must say nothing that the reader may not know.
    ///   - limit: not negative: at most so many rows.
    ///   - delta: to go on from an earlier read; only for a version with owners.
    ///   - projection: of the version, to read from; taken if it holds all that fields, condition and bounds
    ///     name. What is read is the same without it.
    /// - Throws: `DataPlaneError.notOpen` if `filter` is `.open` but the version has owners; `ClientFault` if
    ///   the positions are not so, or the condition names a field that is none or a value of another type.
    public init(
        version: StoredVersion, filter: FilterMode, fields: [Int], format: OutputFormat,
        where condition: Condition? = nil, within bounds: Condition? = nil, limit: Int? = nil,
        order: RowOrder = .stored, delta: Delta? = nil, from projection: StoredProjection? = nil
    ) throws {
        precondition(delta == nil || filter == .owners)
        precondition(projection == nil || projection?.version === version)
        guard filter == .owners || version.ownerRule == .open else { throw DataPlaneError.notOpen }
        try Self.check(fields, of: version.fields)
        self.version = version
        self.filter = filter
        self.limit = limit
        self.order = order
        self.delta = delta
        retractions = format == .ndjson ? delta?.retracted.map(JSONText.retraction) ?? [] : []
        whole = try RowSource(version, fields: fields, format, where: condition, within: bounds)
        projected = try projection.flatMap { projection in
            try RowSource(projection, fields: fields, format, where: condition, within: bounds).map {
                ($0, projection)
            }
        }
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
        let block = try assembleProjected(snapshot) ?? assemble(snapshot, from: whole, at: position)
        return block.bytes.isEmpty && block.rows == 0 && block.isLast ? nil : block
    }

    /// - Returns: nil if the version itself is to be read.
    private func assembleProjected(_ snapshot: OwnerFilterSnapshot?) throws -> Block? {
        guard let (source, projection) = projected, projection.serves(snapshot) else { return nil }
        do {
            guard order == .stored else { return try assemble(snapshot, from: source, at: position) }
            var block = try assemble(snapshot, from: source, at: projection.place(position))
            block.end = projection.placeInVersion(block.end)
            return block
        } catch DataPlaneError.corrupt {
            projection.noteDamage()
            return nil
        }
    }

    private func assemble(
        _ snapshot: OwnerFilterSnapshot?, from source: RowSource, at start: ReadPosition
    ) throws -> Block {
        switch order {
        case .stored: try assemble(BlockAssembler.self, snapshot, source, start)
        case .original: try assemble(ArrivalAssembler.self, snapshot, source, start)
        }
    }

    private func assemble<Assembler: RowAssembler & ~Copyable>(
        _: Assembler.Type, _ snapshot: OwnerFilterSnapshot?, _ source: RowSource, _ start: ReadPosition
    ) throws -> Block {
        let selection = RowSelection(
            source.program, bounds: source.bounds, limit: limit, sent: position.sent)
        var position = start
        var (rows, delivered, isLast) = (0, [DeliveredRun](), false)
        let bytes = try [UInt8](capacity: Self.capacity) { output in
            guard retract(from: &position, to: &output) else { return }
            var assembler = Assembler(
                version: source.version, snapshot: snapshot, delta: delta, projection: source.projection,
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
