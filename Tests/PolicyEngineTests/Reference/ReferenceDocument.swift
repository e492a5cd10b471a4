import Model

/// A JSON-LD document with every name written as a whole IRI and every value in an array.
///
/// Naive expansion of the spellings that the generator writes: enough of JSON-LD 1.1 for them, no more.
struct ReferenceDocument {
    /// The nodes at the top: the document itself, or what its `@graph` holds.
    private(set) var top: [JSON] = []
    /// Every node that says more of itself than its `@id`.
    private(set) var nodes: [String: JSON] = [:]
    /// The classes of things, which all places of a document name together.
    private(set) var classes: [String: [String]] = [:]
    /// Whether a context is remote and not known.
    private(set) var isContextUnknown = false

    init(_ json: JSON) {
        let context = read(json["@context"], Context())
        if let graph = json["@graph"]?.array {
            top = graph.map { expand($0, context) }
        } else {
            top = [expand(json, context)]
        }
    }

    /// What bare names and prefixes stand for.
    private struct Context {
        var terms: [String: String] = [:]
        var vocabulary: String?
    }

    private static let odrlContext: [String: String] = {
        var terms = ReferenceWorld.prefixes.filter {
            ["odrl", "rdf", "rdfs", "xsd", "dct"].contains($0.key)
        }
        for term in ReferenceWorld.terms { terms[term] = ReferenceWorld.odrl + term }
        terms["uid"] = "@id"
        terms["type"] = "@type"
        return terms
    }()

    private mutating func read(_ json: JSON?, _ outer: Context) -> Context {
        var context = outer
        for part in json?.array ?? (json.map { [$0] } ?? []) {
            if part == "http://www.w3.org/ns/odrl.jsonld" {
                context.terms.merge(Self.odrlContext) { _, new in new }
            } else if part.string != nil {
                isContextUnknown = true
            }
            let definitions = part.object ?? [:]
            context.vocabulary = definitions["@vocab"]?.string ?? context.vocabulary
            // Prefixes first: the terms lean on them.
            for (name, value) in definitions where value.string?.contains("://") == true {
                context.terms[name] = value.string
            }
            for (name, value) in definitions {
                guard let text = value["@id"]?.string ?? value.string, !text.contains("://") else { continue }
                context.terms[name] = text.hasPrefix("@") ? text : iri(text, context)
            }
        }
        return context
    }

    /// The IRI of a name or a compact IRI; a bare name that nothing defines stays as it is.
    private func iri(_ text: String, _ context: Context, isName: Bool = true) -> String {
        if text.hasPrefix("@") || text.hasPrefix("_:") { return text }
        if isName, let term = context.terms[text] { return term }
        if let colon = text.firstIndex(of: ":") {
            let prefix = context.terms[String(text[..<colon])]
            return prefix.map { $0 + text[text.index(after: colon)...] } ?? text
        }
        return isName ? (context.vocabulary.map { $0 + text } ?? text) : text
    }

    private static let nodeProperties = Set(ReferenceWorld.nodeNames.map { ReferenceWorld.odrl + $0 })
        .union(["describesRule"].map { ReferenceWorld.report + $0 })

    private mutating func expand(_ json: JSON, _ outer: Context) -> JSON {
        guard let members = json.object else { return json }
        let context = read(members["@context"], outer)
        var result: [String: JSON] = [:]
        for (key, value) in members where key != "@context" {
            let name = iri(key, context)
            switch name {
            case "@id", ReferenceWorld.odrl + "uid":
                result["@id"] = .string(
                    iri(value.string ?? value["@id"]?.string ?? "", context, isName: false))
            case "@type":
                result["@type"] = .array(
                    list(value).map { .string(iri($0.string ?? $0["@id"]?.string ?? "", context)) })
            case "@value", "@language": result[name] = value
            default: result[name] = .array(list(value).map { item($0, of: name, context) })
            }
        }
        let node = JSON.object(result)
        if let id = result["@id"]?.string, result.count > 1 {
            nodes[id] = node
            classes[id, default: []] += node.types
        }
        return node
    }

    private mutating func item(_ json: JSON, of name: String, _ context: Context) -> JSON {
        guard let text = json.string else { return expand(json, context) }
        if Self.nodeProperties.contains(name) { return ["@id": .string(iri(text, context))] }
        let whole = iri(text, context, isName: false)
        return whole == text ? json : ["@id": .string(whole)]
    }

    private func list(_ json: JSON) -> [JSON] {
        json.array ?? (json["@list"] ?? json["@set"]).map(list) ?? [json]
    }

    /// The node itself, or the one that a bare `@id` names; nil if the document says nothing of it.
    func resolve(_ json: JSON) -> JSON? {
        guard json.object?.count == 1, let id = json["@id"]?.string else {
            return json.object == nil ? nil : json
        }
        return nodes[id]
    }
}

extension JSON {
    /// The values of a property, by its whole IRI.
    func all(_ name: String) -> [JSON] { self[name]?.array ?? [] }

    /// The values of a property of ODRL.
    func odrl(_ name: String) -> [JSON] { all(ReferenceWorld.odrl + name) }

    /// The IRIs that a property of ODRL names.
    func iris(_ name: String) -> [String] { odrl(name).compactMap { $0["@id"]?.string } }

    var types: [String] { all("@type").compactMap(\.string) }
}

extension ReferenceDocument {
    /// The reports on duties, wherever they stand.
    var reports: [JSON] {
        func within(_ json: JSON) -> [JSON] {
            let inner = (json.object ?? [:]).sorted { $0.key < $1.key }.flatMap { $0.value.array ?? [] }
                .flatMap(within)
            return json.all(ReferenceWorld.report + "rule").isEmpty ? inner : [json]
        }
        return top.flatMap(within)
    }
}
