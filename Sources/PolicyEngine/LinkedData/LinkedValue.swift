import Model

/// One value of a member: an identifier with what is said of it, or a literal.
struct LinkedValue: Sendable {
    enum Content: Sendable {
        /// A node object; it may say no more than its identifier.
        case node(LinkedNode)
        /// A string that is meant as an identifier or a term.
        case reference(String)
        case literal(LinkedLiteral)
    }

    var content: Content
    var path: DocumentPath
    /// What names mean where it stands.
    var context: TermContextBox
}

/// A string, number or boolean with its data type.
struct LinkedLiteral: Hashable, Sendable {
    /// As written; never null, an array or an object.
    var json: JSON
    /// The IRI of the data type, if one is said.
    var dataType: String?
    var language: String?

    /// The string, or the number or boolean as JSON writes it.
    var text: String { json.string ?? json.canonicalText }
}
