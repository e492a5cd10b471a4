import Model

/// What names mean in one policy document: its JSON-LD `@context` (JSON-LD 1.1 section 4.1), never fetched.
///
/// Known are W3C's ODRL context by its IRI, and inline objects of prefixes and terms. Whatever else stands in
/// a context could give any name another meaning, so it makes the whole policy unknown.
struct TermContext {
    /// Name -> IRI, compact IRI, other name, or keyword.
    private var definitions: [String: String] = [:]
    /// Where names without a definition belong; nil while the ODRL context has not been named.
    private var vocabulary: String?
    private(set) var unknowns: [Unknown] = []

    /// - Throws: `ClientFault` when there is no context or it has a shape that JSON-LD does not know.
    init(_ json: JSON?, path: String) throws(ClientFault) {
        guard let json else {
            throw .malformedPolicy(at: path, found: "nothing", expected: Self.expectation)
        }
        guard case .array(let parts) = json else {
            try add(json, path: path)
            return
        }
        for (index, part) in parts.enumerated() { try add(part, path: "\(path)[\(index)]") }
    }

    private static let expectation = "`http://www.w3.org/ns/odrl.jsonld`, alone or with objects of prefixes"

    /// The IRI or the keyword that a member name or a term stands for; nil if it stands for nothing.
    func expand(_ name: String) -> String? { expand(name, depth: 0) }

    /// An identifier: absolute, or compact with a known prefix; nil for anything relative, and for a prefix
    /// that nobody defined.
    func identifier(_ text: String) -> String? {
        guard text.utf8.contains(UInt8(ascii: ":")), let iri = compact(text, depth: 0) else { return nil }
        return iri.hasPrefix("_:") || IRI.isAbsolute(iri) && IRI.hasSchemeInUse(iri) ? iri : nil
    }

    /// Definitions may lean on each other; a chain longer than this is a ring.
    private static let maximumChain = 8

    private func expand(_ name: String, depth: Int) -> String? {
        if name.hasPrefix("@") { return name }
        guard depth <= Self.maximumChain else { return nil }
        if let definition = definitions[name] { return expand(definition, depth: depth + 1) }
        if name.utf8.contains(UInt8(ascii: ":")) { return compact(name, depth: depth) }
        return vocabulary.map { $0 + name }
    }

    private func compact(_ text: String, depth: Int) -> String? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return text }
        let suffix = text[text.utf8.index(after: colon)...]
        guard !suffix.utf8.starts(with: "//".utf8), let prefix = definitions[String(text[..<colon])] else {
            return text
        }
        return expand(prefix, depth: depth + 1).map { $0 + suffix }
    }

    private mutating func add(_ part: JSON, path: String) throws(ClientFault) {
        switch part {
        case .string(let iri) where ODRL.contexts.contains(iri): addODRL(path: path)
        case .string(let iri): refuse("context `\(brief(iri))` is not known", path: path)
        case .object(let members):
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                define(name, value, path: memberPath(path, name))
            }
        default: throw .malformedPolicy(at: path, found: part.kind, expected: Self.expectation)
        }
    }

    /// Inline definitions that stand before the ODRL context would lose against it; we do not weigh which.
    private mutating func addODRL(path: String) {
        if definitions.values.contains(where: { !Self.isPrefix($0) }) {
            refuse("the ODRL context must stand before the terms that an object defines", path: path)
        }
        definitions.merge(ODRL.definitions) { _, ours in ours }
        vocabulary = ODRL.namespace
    }

    private static func isPrefix(_ iri: String) -> Bool { iri.last.map { "/#:?".contains($0) } ?? false }

    private mutating func define(_ name: String, _ value: JSON, path: String) {
        switch (name, value) {
        case ("@vocab", .string(ODRL.namespace)): vocabulary = ODRL.namespace
        case ("@version", .number(1.1)): break
        case (_, .string(let iri)) where Self.isDefinable(name): definitions[name] = iri
        case (_, .object(let members)) where Self.isDefinable(name):
            if let iri = Self.plainDefinition(members) {
                definitions[name] = iri
            } else {
                refuse("the definition of `\(brief(name))` is not one of a name or an identifier", path: path)
            }
        default: refuse("`\(brief(name))` is not understood in a context", path: path)
        }
    }

    private static func isDefinable(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("@") && !name.utf8.contains(UInt8(ascii: ":"))
    }

    /// The `@id` of a term whose values are identifiers or literals as written; a term that gives its
    /// literals a data type or a language is not plain.
    private static func plainDefinition(_ members: [String: JSON]) -> String? {
        let types: Set<JSON> = ["@id", "@vocab"]
        let containers: Set<JSON> = ["@set", "@list"]
        let isPlain = members.allSatisfy { name, value in
            switch name {
            case "@id": true
            case "@type": types.contains(value)
            case "@container": containers.contains(value)
            default: false
            }
        }
        return isPlain ? members["@id"]?.string : nil
    }

    private mutating func refuse(_ message: String, path: String) {
        unknowns.append(Unknown(code: "context_unknown", path: path, message: message))
    }
}
