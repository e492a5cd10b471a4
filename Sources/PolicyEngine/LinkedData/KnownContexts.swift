/// The JSON-LD contexts that policies name by IRI. They are known here and never fetched.
enum KnownContexts {
    struct Context: Sendable {
        /// What they define, as far as policies use it.
        var definitions: [String: TermDefinition]
        /// Where other names belong; nil if it says nothing of them.
        var vocabulary: String?
    }

    static let byIRI: [String: Context] = [
        "http://www.w3.org/ns/odrl.jsonld": odrl, "https://www.w3.org/ns/odrl.jsonld": odrl,
        "https://w3id.org/dspace/2025/1/context.jsonld": dataspace,
        "https://w3id.org/dspace/2025/1/odrl-profile.jsonld": odrl,
    ]

    /// W3C's context of ODRL 2.2. Names that it does not list are left to ODRL's namespace, where an unknown
    /// one stays unknown.
    static let odrl = Context(
        definitions: prefixes.merging(terms) { _, new in new }
            .merging(["uid": TermDefinition(iri: "@id"), "type": TermDefinition(iri: "@type")]) { $1 },
        vocabulary: ODRL.namespace)

    /// The Dataspace Protocol 2025-1 spells its policies in ODRL's terms without a prefix.
    static let dataspace = Context(
        definitions: prefixes.merging(terms) { _, new in new }
            .merging([
                "dspace": TermDefinition(iri: "https://w3id.org/dspace/2025/1/"),
                "timestamp": TermDefinition(iri: "https://w3id.org/dspace/2025/1/timestamp"),
                "dcat": TermDefinition(iri: "http://www.w3.org/ns/dcat#"),
            ]) { $1 },
        vocabulary: ODRL.namespace)

    /// ODRL's names, which keep their meaning where a document says where other names belong.
    private static let terms: [String: TermDefinition] = {
        let members = Term.allCases.map(\.rawValue).filter { $0.hasPrefix(ODRL.namespace) }
            .map(IRI.localName)
        let classes = [
            "Policy", "Set", "Offer", "Agreement", "Rule", "Permission", "Prohibition", "Duty", "Asset",
            "AssetCollection", "Party", "PartyCollection", "Action", "Constraint", "LogicalConstraint",
        ]
        let operands = KnownOperand.allCases.map(\.iri).filter { $0.hasPrefix(ODRL.namespace) }
            .map(IRI.localName)
        let names =
            members + classes + operands + Operator.allCases.map(\.rawValue)
            + ConflictStrategy.allCases.map(\.rawValue) + ActionTree.names
        let pairs = names.map { ($0, TermDefinition(iri: ODRL.term($0))) }
        return Dictionary(pairs) { first, _ in first }
    }()

    private static let prefixes: [String: TermDefinition] = [
        "odrl": ODRL.namespace,
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "owl": "http://www.w3.org/2002/07/owl#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "dct": "http://purl.org/dc/terms/",
        "xsd": XSD.namespace,
        "vcard": "http://www.w3.org/2006/vcard/ns#",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "schema": "http://schema.org/",
        "cc": "http://creativecommons.org/ns#",
    ].mapValues { TermDefinition(iri: $0) }
}
