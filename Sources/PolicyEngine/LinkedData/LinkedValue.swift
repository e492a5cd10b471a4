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
    /// Where it stands; written out only when somebody asks.
    var place: ValuePlace
    /// What names mean where it stands.
    var context: TermContextBox

    var path: DocumentPath { place.path }
}

/// The place of a value in its node, kept in parts because few are ever asked for.
struct ValuePlace: Sendable {
    /// The node's.
    var node: DocumentPath
    /// The member, as written; nil where the value is the node itself.
    var member: String?
    /// `@list`, `@set` or `@id`, where such an object stands between.
    var wrapper: String?
    /// The position in an array.
    var index: Int?

    var path: DocumentPath {
        if let member, let index, wrapper == nil { return node.appending(member, index) }
        var path = node
        if let member { path = path.appending(member) }
        if let wrapper { path = path.appending(wrapper) }
        if let index { path = path.appending(index) }
        return path
    }
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
