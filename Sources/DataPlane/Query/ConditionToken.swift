/// A piece of a condition's text.
struct ConditionToken: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// A bare word: a keyword or a field.
        case word(String)
        /// A field in double quotes.
        case name(String)
        case text(String)
        case number(String)
        /// A comparison, a parenthesis or a comma.
        case symbol(String)
        case end
    }

    var kind: Kind
    /// In characters from 1.
    var position: Int
    /// As written; nil at the end.
    var source: String?

    static let keywords = ["and", "or", "not", "in", "is", "null", "true", "false"]

    /// The keyword that it is, in lower case.
    var keyword: String? {
        guard case .word(let word) = kind, word.utf8.count <= 5 else { return nil }
        let lowered = word.lowercased()
        return Self.keywords.contains(lowered) ? lowered : nil
    }
}
