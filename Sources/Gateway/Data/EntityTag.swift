/// A strong entity tag (RFC 9110 section 8.8.3), with its quotes.
struct EntityTag: Hashable, Sendable {
    let text: String

    /// - Parameter opaque: without quotes.
    init(opaque: String) { text = "\"\(opaque)\"" }

    /// Whether a field of conditions such as `If-None-Match` names it. What is no list of tags names nothing.
    ///
    /// - Parameter isWeak: whether the weak form of it counts too (RFC 9110 section 8.8.3.2).
    func isNamed(in field: String, weakly isWeak: Bool) -> Bool {
        // Our tags hold neither commas nor blanks: one that is cut in two here is another's.
        let items = field.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        return items.contains { $0 == "*" || $0 == text || isWeak && $0 == "W/" + text }
    }
}
