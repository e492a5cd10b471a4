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
        try whole(try rows.first("SELECT next_owner FROM state") { try $0.integer(0) })
    }

    func owner(_ key: LinkedKey) throws -> Int64? {
        try rows.first(
            "SELECT id FROM owners WHERE dataset = ? AND key = ?",
            [.text(key.dataset.text), .blob(key.stored)]
        ) { try $0.integer(0) }
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
        let first = try rows.first(
            "SELECT chunk FROM spans WHERE newest >= ? ORDER BY chunk LIMIT 1", [.integer(time.first)]
        ) { try $0.integer(0) }
        let last = try rows.first(
            "SELECT chunk FROM spans WHERE oldest <= ? ORDER BY chunk DESC LIMIT 1", [.integer(time.last)]
        ) { try $0.integer(0) }
        guard let first, let last, first <= last else { return nil }
        return first...last
    }
}

extension SearchReader {
    /// What was delivered of an owner key in some entries, newest first, at most `limit` of them.
    func deliveries(
        of owner: Int64, in entries: Range<Int64>, of condition: SpanCondition, limit: Int
    ) throws -> [(entry: UInt64, rows: Int, fields: [String])] {
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
        of dataset: Slug, in entries: Range<Int64>, at time: TimeWindow, limit: Int
    ) throws -> [(entry: UInt64, reason: UnknownDelivery)] {
        try rows.all(
            """
            SELECT entry, reason FROM unknown
            WHERE dataset IN (?, ?) AND entry >= ? AND entry < ? AND (at IS NULL OR at BETWEEN ? AND ?)
            ORDER BY entry DESC LIMIT ?
            """,
            [
                .text(dataset.text), .text(SearchSchema.everyDataset), .integer(entries.lowerBound),
                .integer(entries.upperBound),
                .integer(time.first), .integer(time.last), SQLValue(limit),
            ]
        ) { (UInt64(clamping: try $0.integer(0)), try $0.word(1)) }
    }
}

extension Record {
    fileprivate func optionalSlug(_ column: Int) throws(RegistryError) -> Slug? {
        isNull(column) ? nil : try slug(column)
    }
}
