internal import FoundationEssentials
internal import GRDB
internal import Model

/// A value on its way into the database.
enum SQLValue {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    init(_ number: Int) { self = .integer(Int64(number)) }
    init(_ flag: Bool) { self = .integer(flag ? 1 : 0) }
    init(_ text: String?) { self = text.map(SQLValue.text) ?? .null }
    init(_ instant: Instant) { self = .integer(instant.milliseconds) }
    init(_ instant: Instant?) { self = instant.map { .integer($0.milliseconds) } ?? .null }
    init(_ slug: Slug) { self = .text(slug.text) }
    init(_ slug: Slug?) { self = slug.map { .text($0.text) } ?? .null }
    init(_ owner: Owner) { self = .text(owner.description) }
    init<Subject>(_ identifier: Identifier<Subject>) { self = .blob(identifier.bytes) }
    init(_ json: JSON) { self = .text(json.canonicalText) }

    /// GRDB hands text over as C strings, which end at the first NUL: `a` and `a` NUL `b` would be one key.
    func bound() throws(ClientFault) -> DatabaseValue {
        switch self {
        case .null: return .null
        case .integer(let value): return value.databaseValue
        case .blob(let bytes): return Data(bytes).databaseValue
        case .text(let text):
            guard !text.utf8.contains(0) else {
                throw ClientFault(
                    .badInput, "bad_text", "text must not contain a NUL character",
                    expected: "text without NUL")
            }
            return text.databaseValue
        }
    }
}
