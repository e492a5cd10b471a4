/// The terms of the ODRL Core and Common Vocabularies 2.2 (W3C) that the engine knows by name.
enum ODRL {
    static let namespace = "http://www.w3.org/ns/odrl/2/"

    /// W3C's context, under both schemes. It is known here and never fetched.
    static let contexts: Set<String> = [
        "http://www.w3.org/ns/odrl.jsonld", "https://www.w3.org/ns/odrl.jsonld",
    ]

    /// What that context defines besides the terms of its own namespace.
    static let definitions: [String: String] = [
        "odrl": namespace,
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
        "uid": "@id",
        "type": "@type",
    ]

    static func term(_ name: String) -> String { namespace + name }

    static let uid = term("uid")
    static let use = term("use")
    static let read = term("read")

    /// The profile of the vocabulary itself, which a policy may name.
    static let coreProfile = term("core")

    /// Whether `iri` names an action of the vocabulary: one that is not may mean anything, reading included.
    static func isAction(_ iri: String) -> Bool {
        iri.hasPrefix(namespace) && actions.contains(String(iri.dropFirst(namespace.count)))
    }

    /// The actions of which `action` is a part (`includedIn`), itself first.
    ///
    /// Only the line of `read` is told: nothing else is asked of the hub.
    static func broader(than action: String) -> [String] {
        action == read ? [read, use] : [action]
    }

    private static let actions: Set<String> = [
        "use", "transfer", "acceptTracking", "aggregate", "annotate", "anonymize", "archive", "attribute",
        "compensate", "concurrentUse", "delete", "derive", "digitize", "display", "distribute",
        "ensureExclusivity", "execute", "extract", "give", "grantUse", "include", "index", "inform",
        "install",
        "modify", "move", "nextPolicy", "obtainConsent", "play", "present", "print", "read", "reproduce",
        "reviewPolicy", "sell", "stream", "synchronize", "textToSpeech", "transform", "translate",
        "uninstall", "watermark",
    ]

    /// Members that describe a policy or a rule and change nothing in what it allows.
    ///
    /// `dct:coverage` (a jurisdiction) and `dct:isReplacedBy` (this policy is void) are not among them: ODRL
    /// gives both a meaning for evaluation.
    static let annotations: Set<String> = {
        let names: [String: [String]] = [
            "http://purl.org/dc/terms/": [
                "title", "description", "creator", "contributor", "publisher", "created", "issued",
                "modified",
                "source", "identifier", "language", "subject", "replaces",
            ],
            "http://www.w3.org/2000/01/rdf-schema#": ["label", "comment", "seeAlso"],
            "http://www.w3.org/2004/02/skos/core#": ["prefLabel", "altLabel", "definition", "note"],
            "http://schema.org/": ["name", "description"],
        ]
        return Set(names.flatMap { namespace, terms in terms.map { namespace + $0 } })
    }()
}
