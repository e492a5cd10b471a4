internal import Model

/// Where a page ended: the list's name and the key of the last item, opaque to callers. It holds nothing that
/// the page did not show.
enum Cursor {
    static func text(list: String, key: String) -> String { Base64.encodeURL("\(list):\(key)".utf8) }

    /// The key after which the page begins; nil without a cursor.
    /// - Throws: `bad_cursor` for a text that we did not write for this list.
    static func key<Key>(_ cursor: String?, list: String, _ parse: (Substring) -> Key?) throws(ClientFault)
        -> Key?
    {
        guard let cursor else { return nil }
        guard let bytes = Base64.decodeURL(cursor), let text = String(validating: bytes, as: UTF8.self),
            text.hasPrefix("\(list):"), let key = parse(text.dropFirst(list.count + 1))
        else {
            throw ClientFault(
                .badInput, "bad_cursor", "`cursor` is not one that this list gave", field: "cursor",
                found: cursor, expected: "the `next` of an earlier page", remedy: "begin without a cursor")
        }
        return key
    }

    /// - Throws: `bad_limit`.
    static func check(limit: Int) throws(ClientFault) {
        guard (1...1000).contains(limit) else {
            throw ClientFault(
                .badInput, "bad_limit", "`limit` is out of range", field: "limit", found: "\(limit)",
                expected: "1 to 1000")
        }
    }
}
