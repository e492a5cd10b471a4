import Model

/// What names mean in one place of a document: its JSON-LD `@context` (JSON-LD 1.1 section 4.1), never
/// fetched.
///
/// Known are the contexts of `KnownContexts` by their IRIs, and inline objects of prefixes and terms.
/// Whatever else stands in a context could give any name another meaning, so it is told as unknown; in a
/// policy that withholds every permission.
struct TermContext: Sendable {
    private var definitions: [String: TermDefinition] = [:]
    /// Where names without a definition belong; nil while none is said.
    private var vocabulary: String?
    /// Whether an inline object has defined more than prefixes.
    private var definesTerms = false
    private(set) var unknowns: [Unknown] = []

    /// The context of a document.
    ///
    /// - Throws: `ClientFault` when there is no context or it has a shape that JSON-LD does not know.
    init(_ json: JSON?, path: DocumentPath) throws(ClientFault) {
        guard let json else {
            throw .malformedPolicy(at: path.description, found: "nothing", expected: Self.expectation)
        }
        try extend(json, path: path)
    }

    /// No names but those of ODRL: what a request without a context can mean.
    static let odrl = {
        var context = TermContext()
        context.addKnown(KnownContexts.odrl)
        return context
    }()

    private init() {}

    /// Adds a context that stands further inside.
    mutating func extend(_ json: JSON, path: DocumentPath) throws(ClientFault) {
        guard case .array(let parts) = json else {
            try add(json, path: path)
            return
        }
        for (index, part) in parts.enumerated() { try add(part, path: path.appending(index)) }
    }

    private static let expectation = "`http://www.w3.org/ns/odrl.jsonld`, alone or with objects of prefixes"

    // MARK: Making out names

    /// What a member name stands for; nil if it stands for nothing.
    func member(_ name: String) -> Expansion? {
        guard let iri = expand(name) else { return nil }
        let definition = definitions[name]
        return Expansion(
            iri: iri, term: Term(iri: iri), coercion: definition?.coercion ?? .none,
            isList: definition?.isList ?? false)
    }

    /// The names that are defined to stand for a keyword.
    func names(of keyword: String) -> [String] {
        definitions.filter { name, definition in
            let iri = definition.iri
            // A name may stand for another one that stands for the keyword.
            return iri == keyword || !iri.utf8.contains(UInt8(ascii: ":")) && expand(name) == keyword
        }.map(\.key)
    }

    /// The IRI or the keyword that a name stands for; nil if it stands for nothing.
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
        if name.utf8.first == UInt8(ascii: "@") { return name }
        guard depth <= Self.maximumChain else { return nil }
        if let definition = definitions[name] {
            if definition.isWhole { return definition.iri }
            // A term that is defined as its own name is one of the vocabulary.
            return definition.iri == name
                ? vocabulary.map { $0 + name } : expand(definition.iri, depth: depth + 1)
        }
        if name.utf8.contains(UInt8(ascii: ":")) { return compact(name, depth: depth) }
        return vocabulary.map { $0 + name }
    }

    /// A name that means something but is no prefix (JSON-LD 1.1 section 4.1.5) makes no IRI: whoever wrote
    /// it meant another one than JSON-LD, which would take the text as it stands.
    private func compact(_ text: String, depth: Int) -> String? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return text }
        let suffix = text[text.utf8.index(after: colon)...]
        guard !suffix.utf8.starts(with: "//".utf8), let prefix = definitions[String(text[..<colon])] else {
            return text
        }
        guard prefix.isPrefix else { return nil }
        return prefix.isWhole ? prefix.iri + suffix : expand(prefix.iri, depth: depth + 1).map { $0 + suffix }
    }

    // MARK: Reading definitions

    private mutating func add(_ part: JSON, path: DocumentPath) throws(ClientFault) {
        switch part {
        case .string(let iri):
            guard let known = KnownContexts.byIRI[iri] else {
                refuse("context `\(brief(iri))` is not known", path)
                return
            }
            addKnown(known, path: path)
        case .object(let members):
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                define(name, value, path: path.appending(name))
            }
        default:
            throw .malformedPolicy(at: path.description, found: part.kind, expected: Self.expectation)
        }
    }

    /// Inline definitions that stand before a known context would lose against it; we do not weigh which.
    private mutating func addKnown(_ known: KnownContexts.Context, path: DocumentPath = .root) {
        if definesTerms {
            refuse("a context by its IRI must stand before the terms that an object defines", path)
        }
        definitions.merge(known.definitions) { _, theirs in theirs }
        vocabulary = known.vocabulary ?? vocabulary
    }

    private mutating func define(_ name: String, _ value: JSON, path: DocumentPath) {
        switch (name, value) {
        case ("@vocab", .string(let iri)): vocabulary = expand(iri) ?? iri
        case ("@vocab", .null): vocabulary = nil
        case ("@version", .number(1.1)), ("@protected", .bool): break
        case (_, .string(let iri)) where Self.isDefinable(name):
            let definition = TermDefinition(iri: iri)
            definitions[name] = definition
            definesTerms = definesTerms || !definition.isPrefix
        case (_, .object(let members)) where Self.isDefinable(name):
            if let definition = definition(name, members) {
                definitions[name] = definition
                definesTerms = true
            } else {
                refuse("the definition of `\(brief(name))` is not understood", path)
            }
        default: refuse("`\(brief(name))` is not understood in a context", path)
        }
    }

    private static func isDefinable(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("@") && !name.utf8.contains(UInt8(ascii: ":"))
    }

    /// An expanded term definition that says what a name is, how its strings are meant, and whether its
    /// arrays are ordered.
    private func definition(_ name: String, _ members: [String: JSON]) -> TermDefinition? {
        var definition = TermDefinition(iri: members["@id"]?.string ?? name)
        definition.isPrefix = members["@prefix"]?.bool ?? false
        for (key, value) in members {
            switch (key, value) {
            case ("@id", .string), ("@protected", .bool), ("@prefix", .bool): break
            case ("@type", .string("@id")): definition.coercion = .identifier
            case ("@type", .string("@vocab")): definition.coercion = .vocabulary
            case ("@type", .string("@none")): break
            case ("@type", .string(let type)) where !type.hasPrefix("@"):
                guard let iri = expand(type) else { return nil }
                definition.coercion = .literal(iri)
            case ("@container", .string("@set")): break
            case ("@container", .string("@list")): definition.isList = true
            case ("@container", .array(let kinds)) where kinds.allSatisfy({ $0 == "@set" }): break
            default: return nil
            }
        }
        return members["@id"] == nil && vocabulary == nil && !name.contains(":") ? nil : definition
    }

    private mutating func refuse(_ message: String, _ path: DocumentPath) {
        unknowns.append(Unknown(code: "context_unknown", path: path.description, message: message))
    }
}
