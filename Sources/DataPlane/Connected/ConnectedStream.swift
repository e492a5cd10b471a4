import Model

/// The rows of one read of a connected dataset, block by block, while its upstream comes in.
///
/// As with `RowStream` a block is assembled without moving on, so that the caller can compare epochs just
/// before he writes it and assemble it anew under another filter. The input stays until a block made of it is
/// passed:
///
///     while !stream.isAtEnd {
///         while stream.wantsInput { chunk of the upstream? stream.feed(chunk) : stream.finish() }
///         guard let block = try stream.assemble(filter) else { continue }
///         // epoch still the one of `filter`? then write `block.bytes`, and
///         stream.advance(past: block)
///     }
///
/// What is sent is byte for byte what a hosted dataset with the same rows would give in their original order;
/// how the upstream was cut into chunks makes no difference. A row is sent if its owner key is known, by all
/// its bytes, and its owner granted a field that is asked for.
///
/// Only what may be sent or asked about is looked at, so nothing that an owner withholds changes what leaves
/// of the rows of others, with one exception: where the upstream is malformed (a broken quote, a NUL, invalid
/// UTF-8, a ragged or overlong row) nobody can tell what belongs to whom, and the read ends there with an
/// `UpstreamFault`, whosever the row is. A released value that is none of its field's type ends it too.
///
/// Memory: at most a mebibyte of input, one chunk and one block, if the caller minds `wantsInput`.
public struct ConnectedStream: Sendable {
    /// So much unread input keeps an assembler busy for one block.
    static let wantedBytes = 1 << 20

    /// The CSV header line; empty for NDJSON.
    public let header: [UInt8]
    private let shape: ConnectedShape
    private let filter: FilterMode
    private let question: ReleaseQuestion
    private let limit: Int?
    private var input = UpstreamInput()
    private var cursor: UpstreamCursor
    /// Nil while it is at work.
    private var workshop: RowWorkshop?
    /// What the block assembled last leads to.
    private var next: Assembled?
    private var serial = 0
    /// Of the input: what was fed and no block is passed that was made of it.
    public private(set) var unreadBytes = 0
    /// By the ordinals of which owners, and what came of others before them.
    private var withheldOwners = (set: OrdinalSet(), of: VersionIdentity?.none, most: 0)
    /// Whether nothing is left to be sent.
    public private(set) var isAtEnd = false

    private struct Assembled: Sendable {
        var serial: Int
        var cursor: UpstreamCursor
        var withheld: [UInt32]
        /// Whose ordinals these are.
        var owners: VersionIdentity?
    }

    /// - Parameters:
    ///   - filter: `.open` only for a dataset that was published so.
    ///   - fields: positions in the dataset's fields, in output order, at least one, none twice.
    ///   - condition: only rows for which it is true; it may name any field of the dataset.
    ///   - limit: not negative: at most so many rows.
    /// - Throws: `DataPlaneError.notOpen`; `ClientFault` if the positions are not so, the condition names a
    ///   field that is none or a value of another type, or the dataset lacks its owner column.
    public init(
        _ shape: ConnectedShape, filter: FilterMode, fields: [Int], format: OutputFormat,
        where condition: Condition? = nil, limit: Int? = nil
    ) throws {
        try self.init(
            shape, filter: filter, fields: fields, format: format, where: condition, limit: limit,
            variant: .best)
    }

    /// - Parameter variant: of the vector kernel; nil to have all rows read by a scanner.
    init(
        _ shape: ConnectedShape, filter: FilterMode, fields: [Int], format: OutputFormat,
        where condition: Condition? = nil, limit: Int? = nil, variant: StructureScan.Variant?
    ) throws {
        guard filter == .owners || shape.ownerRule == .open else { throw DataPlaneError.notOpen }
        try RowStream.check(fields, of: shape.fields)
        self.shape = shape
        self.filter = filter
        self.limit = limit
        question = try ReleaseQuestion(fields: fields, of: shape.fields, format: format, where: condition)
        header = format == .csv ? CSVText.header(fields.map { shape.fields[$0].name }) : []
        workshop = RowWorkshop(question, shape, ownerField: try shape.ownerField(), variant: variant)
        cursor = UpstreamCursor(
            ndjson: NDJSONScanner(names: shape.fields.map(\.name), ignoringOthers: true))
        if shape.format == .ndjson { cursor.columns = UpstreamColumns(members: shape.fields) }
    }

    /// Whether more of the upstream is needed to fill a block, or to tell that it has ended.
    public var wantsInput: Bool { !input.hasEnded && !isAtEnd && unreadBytes < Self.wantedBytes }

    /// Of what was passed.
    public var counts: ConnectedCounts { cursor.counts }

    /// How many different owners the withheld rows have, at least: those of before a change of links cannot
    /// be told from those of after it.
    public var withheldOwnerCount: Int { max(withheldOwners.most, withheldOwners.set.count) }

    /// Takes the next bytes of the upstream, unpacked, of any number.
    public mutating func feed(_ chunk: [UInt8]) {
        precondition(!input.hasEnded)
        input.append(chunk)
        unreadBytes += chunk.count
    }

    /// Tells that the upstream has ended as it should; of one that broke off nobody may.
    public mutating func finish() { input.end() }

    /// The next block, as many whole rows as there are and fit, as the filter releases them; nil if more
    /// input is needed or nothing is left. An open dataset needs no filter; where one is needed, nil releases
    /// nothing. It looks at a bounded number of rows: if none of them is sent the block is empty.
    /// - Throws: `UpstreamFault`, once all rows before the fault were passed, and then each time.
    public mutating func assemble(_ filter: ConnectedFilter?) throws(UpstreamFault) -> Block? {
        if self.filter == .owners, filter == nil { return nil }
        guard !isAtEnd, unreadBytes > 0 || input.hasEnded || cursor.hasRow else { return nil }
        guard let taken = workshop.take() else { return nil }
        input.close()
        serial += 1
        var assembler = ConnectedAssembler(
            input, cursor, taken, filter: self.filter == .open ? nil : filter, limit: limit)
        defer { workshop = assembler.workshop }
        // The second half is for the last row, which is taken back if it does not fit in the first.
        let bytes = try [UInt8](capacity: 2 * Block.maximumBytes) { output throws(UpstreamFault) in
            try assembler.fill(&output)
        }
        let cursor = assembler.cursor
        let block = Block(
            bytes: bytes, rows: cursor.sent - self.cursor.sent, delivered: assembler.delivered,
            isLast: assembler.isAtEnd, start: position(self.cursor, 0), end: position(cursor, serial))
        next = Assembled(
            serial: serial, cursor: cursor, withheld: assembler.withheld,
            owners: assembler.filter?.owners.identity)
        guard block.rows == 0, block.isLast else { return block }
        advance(past: block)
        return nil
    }

    private func position(_ cursor: UpstreamCursor, _ serial: Int) -> ReadPosition {
        ReadPosition(block: serial, sent: cursor.sent)
    }

    /// Moves on behind the block that was assembled last.
    public mutating func advance(past block: Block) {
        guard let next, block.end.block == next.serial else {
            preconditionFailure("another block was assembled since")
        }
        self.next = nil
        unreadBytes -= input.bytes(from: cursor, to: next.cursor)
        cursor = next.cursor
        input.drop(cursor.piece)
        cursor.piece = 0
        isAtEnd = block.isLast
        noteWithheld(next)
    }

    private mutating func noteWithheld(_ passed: Assembled) {
        if passed.owners != withheldOwners.of {
            withheldOwners = (OrdinalSet(), passed.owners, withheldOwnerCount)
        }
        withheldOwners.set.insert(passed.withheld)
    }
}
