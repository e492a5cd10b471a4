internal import GRDB
internal import Model

/// Lookups in one view of the search index.
struct SearchReader {
    private let rows: RegistryReader

    init(_ database: Database) { rows = RegistryReader(database) }

    func state() throws -> IndexState {
        let state = try rows.first("SELECT log, size, root, skipped FROM state") {
            IndexState(
                log: try $0.optionalText(0), size: UInt64(clamping: try $0.integer(1)),
                root: try $0.bytes(2), skipped: UInt64(clamping: try $0.integer(3)))
        }
        return try whole(state)
    }

    /// How many entries are indexed.
    func size() throws -> UInt64 {
        UInt64(clamping: try whole(try rows.first("SELECT size FROM state") { try $0.integer(0) }))
    }

    func nextOwner() throws -> Int64 {
        let found = try rows.first("SELECT next_owner FROM state") { row in
            let number = try row.integer(0)
            return try row.decoded(0, (1..<1 << 48).contains(number) ? number : nil)
        }
        return try whole(found)
    }

    func owner(_ key: LinkedKey) throws -> Int64? { try owner(key.dataset, key.stored) }

    /// - Parameter key: as stored.
    func owner(_ dataset: Slug, _ key: [UInt8]) throws -> Int64? {
        try rows.first(
            "SELECT id FROM owners WHERE dataset = ? AND key = ?", [.text(dataset.text), .blob(key)]
        ) { try Self.number($0, 0) }
    }

    /// Of an owner.
    private static func number(_ row: Record, _ column: Int) throws -> Int64 {
        let number = try row.integer(column)
        return try row.decoded(column, number > 0 ? number : nil)
    }

    /// All owners of a dataset, in the order of their keys as stored.
    func owners(of dataset: Slug, _ body: (_ key: [UInt8], _ id: Int64) throws -> Void) throws {
        try rows.forEach(
            "SELECT key, id FROM owners WHERE dataset = ? ORDER BY key", [.text(dataset.text)]
        ) { try body($0.bytes(0), Self.number($0, 1)) }
    }

    func parties(of subject: [UInt8]) throws -> Parties? {
        try rows.first(
            "SELECT provider, consumer, owner FROM parties WHERE subject = ?", [.blob(subject)]
        ) {
            Parties(
                provider: try $0.optionalSlug(0), consumer: try $0.optionalSlug(1),
                owner: try $0.optionalSlug(2))
        }
    }

    func fieldList(_ text: String) throws -> Int64? {
        try rows.first("SELECT id FROM field_lists WHERE fields = ?", [.text(text)]) { try $0.integer(0) }
    }

    private func whole<T>(_ value: T?) throws(RegistryError) -> T {
        guard let value else { throw RegistryError(.corrupt, "the search index lacks its state") }
        return value
    }
}

extension SearchReader {
    /// A part of a term's list, and which one.
    typealias Part = (number: Int64, entries: EntryChunk)

    /// The part of a term's list in the chunk `number` exactly.
    func entries(_ term: Term, in number: Int64) throws -> EntryChunk? {
        try rows.first(
            "SELECT entries FROM lists WHERE term = ? AND chunk = ?", [.blob(term.key), .integer(number)]
        ) { try $0.decoded(0, EntryChunk($0.bytes(0))) }
    }

    /// The next parts of a term's list from the chunk `number` on, in the order of a query.
    func parts(_ term: Term, from number: Int64, _ order: EntryQuery.Order, limit: Int) throws -> [Part] {
        let sql =
            switch order {
            case .newestFirst:
                "SELECT chunk, entries FROM lists WHERE term = ? AND chunk <= ? ORDER BY chunk DESC LIMIT ?"
            case .oldestFirst:
                "SELECT chunk, entries FROM lists WHERE term = ? AND chunk >= ? ORDER BY chunk LIMIT ?"
            }
        return try rows.all(sql, [.blob(term.key), .integer(number), SQLValue(limit)]) {
            (try $0.integer(0), try $0.decoded(1, EntryChunk($0.bytes(1))))
        }
    }

    /// All of a term's list, for terms that few entries have.
    func all(_ term: Term, _ body: (Part) -> Void) throws {
        let parts = try rows.all("SELECT chunk, entries FROM lists WHERE term = ?", [.blob(term.key)]) {
            (number: try $0.integer(0), entries: try $0.decoded(1, EntryChunk($0.bytes(1))))
        }
        for part in parts { body(part) }
    }

    /// The times of a block of entries.
    func times(_ block: Int64) throws -> EntryTimes? {
        try rows.first("SELECT times FROM times WHERE block = ?", [.integer(block)]) {
            try $0.decoded(0, EntryTimes($0.bytes(0)))
        }
    }

    /// The range of the times in a chunk.
    func span(_ number: Int64) throws -> ClosedRange<Int64>? {
        try rows.first("SELECT oldest, newest FROM spans WHERE chunk = ?", [.integer(number)]) { row in
            let (oldest, newest) = (try row.integer(0), try row.integer(1))
            return try row.decoded(0, oldest <= newest ? oldest...newest : nil)
        }
    }

    /// The chunks that can hold an entry of a time; nil if there is none. It reads the range of each chunk
    /// until one fits, of a million entries 123 at most.
    func chunks(in time: TimeWindow) throws -> ClosedRange<Int64>? {
        // The entries of a chunk that a damaged file makes up may be more than any number holds.
        func number(_ row: Record) throws -> Int64 {
            let number = try row.integer(0)
            return try row.decoded(0, (0..<1 << 48).contains(number) ? number : nil)
        }
        let first = try rows.first(
            "SELECT chunk FROM spans WHERE newest >= ? ORDER BY chunk LIMIT 1", [.integer(time.first)],
            number)
        let last = try rows.first(
            "SELECT chunk FROM spans WHERE oldest <= ? ORDER BY chunk DESC LIMIT 1", [.integer(time.last)],
            number)
        guard let first, let last, first <= last else { return nil }
        return first...last
    }
}

extension SearchReader {
    /// What was delivered of an owner in one access.
    typealias Delivered = (entry: UInt64, rows: Int, fields: [String])

    /// What an access to the rows of very many delivered of the owners of one chunk.
    struct Crowd {
        var entry: Int64
        /// In milliseconds.
        var at: Int64?
        var version: Int?
        /// As stored.
        var owners: [UInt8]

        /// - Throws: if the bytes are no chunk.
        func visit(_ body: (_ place: Int64, DeliveryChunk.Item) -> Void) throws(RegistryError) {
            guard DeliveryChunk.visit(owners, body) else {
                throw RegistryError(.corrupt, "the search index holds a damaged chunk of deliveries")
            }
        }
    }

    /// What accesses to the rows of very many left of the owners of a chunk, newest first, at most `limit`.
    func crowds(_ number: Int64, in entries: Range<Int64>, limit: Int) throws -> [Crowd] {
        try rows.all(
            """
            SELECT entry, at, version, owners FROM crowds WHERE chunk = ? AND entry >= ? AND entry < ?
                AND NOT EXISTS (SELECT 1 FROM corrected WHERE corrected.entry = crowds.entry)
            ORDER BY entry DESC LIMIT ?
            """,
            [
                .integer(number), .integer(entries.lowerBound), .integer(entries.upperBound),
                SQLValue(limit),
            ], Self.crowd)
    }

    /// All entries that left something in a chunk, also those that were taken back.
    func crowdEntries(_ number: Int64) throws -> [Int64] {
        try rows.all("SELECT entry FROM crowds WHERE chunk = ?", [.integer(number)]) { try $0.integer(0) }
    }

    func crowd(_ number: Int64, _ entry: Int64) throws -> Crowd? {
        try rows.first(
            "SELECT entry, at, version, owners FROM crowds WHERE chunk = ? AND entry = ?",
            [.integer(number), .integer(entry)], Self.crowd)
    }

    private static func crowd(_ row: Record) throws -> Crowd {
        Crowd(
            entry: try row.integer(0), at: row.isNull(1) ? nil : try row.integer(1),
            version: row.isNull(2) ? nil : try row.int(2), owners: try row.bytes(3))
    }

    /// Whether anything is known to have been delivered of an owner alone, whenever it was.
    func hasDelivery(of owner: Int64) throws -> Bool {
        try rows.first("SELECT 1 FROM deliveries WHERE owner = ? LIMIT 1", [.integer(owner)]) {
            try $0.integer(0)
        } != nil
    }

    /// The names in a list of fields.
    func fieldNames(_ id: Int64) throws -> [String] {
        try whole(
            try rows.first("SELECT fields FROM field_lists WHERE id = ?", [.integer(id)]) { try $0.texts(0) })
    }

    /// What was delivered of an owner key by accesses to the rows of few, newest first, at most `limit`.
    func deliveries(
        of owner: Int64, in entries: Range<Int64>, of condition: SpanCondition, limit: Int
    ) throws -> [Delivered] {
        try rows.all(
            """
            SELECT entry, rows, field_lists.fields FROM deliveries
            JOIN field_lists ON field_lists.id = deliveries.fields
            WHERE owner = ? AND entry >= ? AND entry < ? AND \(condition.sql)
                AND NOT EXISTS (SELECT 1 FROM corrected WHERE corrected.entry = deliveries.entry)
            ORDER BY entry DESC LIMIT ?
            """,
            [.integer(owner), .integer(entries.lowerBound), .integer(entries.upperBound)]
                + condition.values + [SQLValue(limit)]
        ) { (UInt64(clamping: try $0.integer(0)), try $0.int(1), try $0.texts(2)) }
    }

    /// The accesses to a dataset of which nobody can tell whose rows went, newest first.
    func unknown(
        of dataset: Slug, in entries: Range<Int64>, of condition: SpanCondition, limit: Int
    ) throws -> [(entry: UInt64, reason: UnknownDelivery)] {
        try rows.all(
            """
            SELECT entry, reason FROM unknown
            WHERE dataset IN (?, ?) AND entry >= ? AND entry < ? AND \(condition.sql)
            ORDER BY entry DESC LIMIT ?
            """,
            [
                .text(dataset.text), .text(SearchSchema.everyDataset), .integer(entries.lowerBound),
                .integer(entries.upperBound),
            ] + condition.values + [SQLValue(limit)]
        ) { (UInt64(clamping: try $0.integer(0)), try $0.word(1)) }
    }
}

extension Record {
    fileprivate func optionalSlug(_ column: Int) throws(RegistryError) -> Slug? {
        isNull(column) ? nil : try slug(column)
    }
}
