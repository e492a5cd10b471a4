internal import FoundationEssentials
internal import GRDB
internal import Model

/// A row on its way out of the database. Columns count from 0.
///
/// The tables are STRICT, so a value of the wrong kind means that the file was damaged or edited: that is
/// an error, never a guess.
struct Record {
    let row: Row

    func text(_ column: Int) throws(RegistryError) -> String {
        guard case .string(let text) = storage(column) else { throw wrong(column) }
        return text
    }

    func integer(_ column: Int) throws(RegistryError) -> Int64 {
        guard case .int64(let number) = storage(column) else { throw wrong(column) }
        return number
    }

    func int(_ column: Int) throws(RegistryError) -> Int { Int(try integer(column)) }

    func bytes(_ column: Int) throws(RegistryError) -> [UInt8] {
        guard case .blob(let data) = storage(column) else { throw wrong(column) }
        return Array(data)
    }

    func instant(_ column: Int) throws(RegistryError) -> Instant {
        Instant(milliseconds: try integer(column))
    }

    func optionalText(_ column: Int) throws(RegistryError) -> String? {
        isNull(column) ? nil : try text(column)
    }

    func optionalInstant(_ column: Int) throws(RegistryError) -> Instant? {
        isNull(column) ? nil : try instant(column)
    }

    func slug(_ column: Int) throws(RegistryError) -> Slug { try decoded(column, Slug(text(column))) }

    func owner(_ column: Int) throws(RegistryError) -> Owner { try decoded(column, Owner(text(column))) }

    func identifier<Subject>(_ column: Int) throws(RegistryError) -> Identifier<Subject> {
        try decoded(column, Identifier(stored: bytes(column)))
    }

    /// A word of a closed list, such as a state.
    func word<Word: RawRepresentable<String>>(_ column: Int) throws(RegistryError) -> Word {
        try decoded(column, Word(rawValue: text(column)))
    }

    func json(_ column: Int) throws(RegistryError) -> JSON {
        try decoded(column, try? JSON.parse(text(column)))
    }

    /// A JSON list of texts.
    func texts(_ column: Int) throws(RegistryError) -> [String] {
        try decoded(column, json(column).texts)
    }

    func isNull(_ column: Int) -> Bool { row.hasNull(atIndex: column) }

    /// - Throws: `corrupt` where `value` is nil.
    func decoded<Value>(_ column: Int, _ value: Value?) throws(RegistryError) -> Value {
        guard let value else { throw wrong(column) }
        return value
    }

    private func storage(_ column: Int) -> DatabaseValue.Storage {
        let value: DatabaseValue = row[column]
        return value.storage
    }

    private func wrong(_ column: Int) -> RegistryError {
        let names = Array(row.columnNames)
        return RegistryError(
            .corrupt, "the database is damaged: column `\(names[column])` holds a foreign value")
    }
}

extension JSON {
    /// The elements of a list that holds texts only; nil for anything else.
    var texts: [String]? {
        guard let elements = array else { return nil }
        let texts = elements.compactMap(\.string)
        return texts.count == elements.count ? texts : nil
    }
}

extension Identifier {
    /// From the 16 bytes as stored; nil for anything but a UUIDv7 (RFC 9562 section 5.7).
    init?(stored bytes: [UInt8]) {
        guard bytes.count == 16, bytes[6] >> 4 == 7, bytes[8] >> 6 == 2 else { return nil }
        let high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        let low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
        self.init(
            at: Instant(milliseconds: Int64(high >> 16)), random: (UInt16(truncatingIfNeeded: high), low))
    }
}

extension Principal {
    /// The same text as the principal has as an owner.
    var text: String {
        switch self {
        case .organisation(let slug): slug.text
        case .person(let id): id.description
        }
    }
}
