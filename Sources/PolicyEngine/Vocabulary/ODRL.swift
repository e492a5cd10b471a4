/// The terms of the ODRL Core and Common Vocabularies 2.2 (W3C) that the engine knows by name.
enum ODRL {
    static let namespace = "http://www.w3.org/ns/odrl/2/"

    static func term(_ name: String) -> String { namespace + name }

    static let use = term("use")
    static let read = term("read")

    /// The profile of the vocabulary itself, which a policy may name.
    static let coreProfile = term("core")

    /// As a right operand of `dateTime`: the time at which the action is exercised.
    static let policyUsage = term("policyUsage")

    /// Members that describe a policy or a rule and change nothing in what it allows.
    ///
    /// `dct:coverage` (a jurisdiction) and `dct:isReplacedBy` (this policy is void) are not among them: ODRL
    /// gives both a meaning for evaluation.
    static let annotations: Set<String> = {
        let names: [String: [String]] = [
            "http://purl.org/dc/terms/": [
                "title", "description", "creator", "contributor", "publisher", "created", "issued",
                "modified", "source", "identifier", "language", "subject", "replaces", "type", "format",
            ],
            "http://purl.org/dc/elements/1.1/": ["title", "description", "creator", "publisher"],
            "http://www.w3.org/2000/01/rdf-schema#": ["label", "comment", "seeAlso"],
            "http://www.w3.org/2004/02/skos/core#": ["prefLabel", "altLabel", "definition", "note"],
            "http://schema.org/": ["name", "description"],
            // When an agreement was concluded.
            "https://w3id.org/dspace/2025/1/": ["timestamp"],
            "http://xmlns.com/foaf/0.1/": ["name", "mbox", "homepage"],
            "http://www.w3.org/2006/vcard/ns#": ["fn", "hasEmail", "hasUID"],
        ]
        return Set(names.flatMap { namespace, terms in terms.map { namespace + $0 } })
    }()
}
