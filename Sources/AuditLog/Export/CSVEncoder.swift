internal import Model

/// CSV (RFC 4180): UTF-8 without a byte order mark, a header, CRLF line ends, cells quoted where needed.
///
/// The columns are `columns`, always all of them in this order, named as the members of an entry; `actor.org`
/// is the member `org` of `actor`. A member that is missing or null is an empty cell; a list or an object is
/// canonical JSON. `entry` is the whole entry, so that nothing is lost: members without a column of their own
/// stand there.
///
/// Spreadsheets take a cell that begins with `=`, `+`, `-`, `@`, a tab or a CR for a formula. Such a cell
/// gets a `'` before it; a reader that wants the bytes takes `entry`, or removes that one character.
public struct CSVEncoder: EntryEncoder {
    public static let columns = [
        "index", "v", "type", "at", "nonce", "seq", "actor.org", "actor.client", "actor.x5t", "actor.jti",
        "actor.kid", "actor.person", "organisation", "roles", "person", "role", "dataset", "version",
        "provider", "owner_rule", "links", "owners", "request", "consumer", "agreement", "grant", "owner",
        "state", "purpose", "legal_basis", "decision", "reasons", "fields", "valid_until", "expires_in",
        "epoch", "policy", "stream", "rows", "bytes", "digest", "withheld", "epochs", "delivered", "status",
        "entry",
    ]

    /// The first characters of what a spreadsheet would compute.
    private static let formulaStarts = Set("=+-@\t\r".utf8)
    private static let lineEnd: [UInt8] = Array("\r\n".utf8)

    public init() {}

    public var header: [UInt8] { Array(Self.columns.joined(separator: ",").utf8) + Self.lineEnd }

    public func encode(_ index: UInt64, _ entry: [UInt8]) -> [UInt8] {
        let json = try? JSON.parse(entry)
        let cells = Self.columns.map { column -> [UInt8] in
            switch column {
            case "index": Array(String(index).utf8)
            case "entry": Array(String(decoding: entry, as: UTF8.self).utf8)
            default: Self.text(Self.member(column, of: json))
            }
        }
        return Array(cells.map(Self.cell).joined(separator: [UInt8(ascii: ",")])) + Self.lineEnd
    }

    private static func member(_ column: String, of json: JSON?) -> JSON? {
        column.split(separator: ".").reduce(json) { value, name in value?[String(name)] }
    }

    private static func text(_ value: JSON?) -> [UInt8] {
        switch value {
        case nil, .null: []
        case .string(let text): Array(text.utf8)
        case .some(let value): value.canonical
        }
    }

    private static func cell(_ text: [UInt8]) -> [UInt8] {
        let isFormula = text.first.map(formulaStarts.contains) ?? false
        let safe = isFormula ? [UInt8(ascii: "'")] + text : text
        let quote = UInt8(ascii: "\"")
        let special: Set = [quote, UInt8(ascii: ","), UInt8(ascii: "\r"), UInt8(ascii: "\n")]
        guard safe.contains(where: special.contains) else { return safe }
        return [quote] + safe.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
    }
}
