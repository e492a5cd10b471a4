/// What a JSON-LD context says of one name (JSON-LD 1.1 section 9.15.1).
struct TermDefinition: Sendable {
    /// How plain strings under the name are meant.
    enum Coercion: Hashable, Sendable {
        case none
        /// `"@type": "@id"`: identifiers.
        case identifier
        /// `"@type": "@vocab"`: terms, else identifiers.
        case vocabulary
        /// A data type's IRI.
        case literal(String)
    }

    /// An IRI, a compact IRI, another name, or a keyword.
    var iri: String
    var coercion = Coercion.none
    /// Whether an array under the name is ordered (`"@container": "@list"`).
    var isList = false
    /// Whether compact IRIs may begin with the name: its IRI ends where a suffix can follow, or the context
    /// says so (`"@prefix": true`).
    var isPrefix: Bool
    /// Whether the IRI is one by itself, not a name for another.
    let isWhole: Bool

    init(iri: String) {
        self.iri = iri
        isWhole = iri.utf8.starts(with: "http://".utf8) || iri.utf8.starts(with: "https://".utf8)
        isPrefix = iri.last.map { ":/?#[]@".contains($0) } ?? false
    }
}

/// A member name, made out: its IRI or keyword, the term it is, and how strings under it are meant.
struct Expansion: Sendable {
    var iri: String
    /// Nil for names that no reader asks for.
    var term: Term?
    var coercion: TermDefinition.Coercion
    var isList: Bool
}
