internal import GRDB
internal import Model

/// Lookups on one view of the database. Valid only inside the closure that it is given to.
public class RegistryReader {
    let database: Database
    /// Field names by agreement and dataset, as this transaction sees them.
    var fieldNames: [Slug: FieldNames] = [:]
    var agreementDatasets: [AgreementID: Slug] = [:]

    init(_ database: Database) {
        self.database = database
    }
}

extension RegistryReader {
    /// Every row of `sql`, decoded. The statement is kept for reuse, so `decode` must not run the same one.
    func all<T>(_ sql: String, _ values: [SQLValue] = [], _ decode: (Record) throws -> T) throws -> [T] {
        try rows(database.cachedStatement(sql: sql), values, decode)
    }

    /// The first row of `sql`, decoded.
    func first<T>(_ sql: String, _ values: [SQLValue] = [], _ decode: (Record) throws -> T) throws -> T? {
        let statement = try database.cachedStatement(sql: sql)
        let cursor = try Row.fetchCursor(statement, arguments: arguments(values))
        // A row reads from its statement, which a cursor resets when it goes.
        return try withExtendedLifetime(cursor) {
            try cursor.next().map { row in try decode(Record(row: row)) }
        }
    }

    /// Calls `body` for every row of `sql`, which may use the reader as it likes.
    func forEach(_ sql: String, _ values: [SQLValue], _ body: (Record) throws -> Void) throws {
        let cursor = try Row.fetchCursor(database.makeStatement(sql: sql), arguments: arguments(values))
        while let row = try cursor.next() { try body(Record(row: row)) }
    }

    /// At most `limit` items after `cursor`, by ascending key.
    /// - Parameter fetch: gives at most that many items after that key.
    func page<Item, Key>(
        _ list: String, after cursor: String?, limit: Int, parse: (Substring) -> Key?, key: (Item) -> Key,
        fetch: (Key?, SQLValue) throws -> [Item]
    ) throws -> Page<Item> where Key: CustomStringConvertible {
        try Cursor.check(limit: limit)
        let start = try Cursor.key(cursor, list: list, parse)
        // One more than asked tells whether there is a next page.
        let items = try fetch(start, SQLValue(limit + 1))
        guard items.count > limit else { return Page(items: items, next: nil) }
        let shown = Array(items.prefix(limit))
        return Page(items: shown, next: shown.last.map { Cursor.text(list: list, key: key($0).description) })
    }

    func arguments(_ values: [SQLValue]) throws -> StatementArguments {
        // As existentials, because GRDB takes a list of one type through a key path, which for 100,000 links
        // takes longer than SQLite does.
        let bound: [(any DatabaseValueConvertible)?] = try values.map { value in try value.bound() }
        return StatementArguments(bound)
    }

    private func rows<T>(_ statement: Statement, _ values: [SQLValue], _ decode: (Record) throws -> T) throws
        -> [T]
    {
        let cursor = try Row.fetchCursor(statement, arguments: arguments(values))
        var results: [T] = []
        while let row = try cursor.next() { results.append(try decode(Record(row: row))) }
        return results
    }
}

extension SQLValue {
    /// Where a list of slugs goes on: no slug is empty.
    init(after slug: Slug?) { self = .text(slug?.text ?? "") }

    /// Where a list by UUID goes on: no UUIDv7 is all zeros.
    init<Subject>(after identifier: Identifier<Subject>?) {
        self = .blob(identifier?.bytes ?? [UInt8](repeating: 0, count: 16))
    }
}
