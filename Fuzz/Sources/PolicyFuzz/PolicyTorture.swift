import Model
import PolicyEngine

/// Everything that the engine does with a document, done to any bytes: what the fuzzer calls, and the tests
/// with the fuzzer's corpus.
enum PolicyTorture {
    private static let context: JSON = "http://www.w3.org/ns/odrl.jsonld"

    private static let request: JSON = [
        "@context": context, "@type": "Request", "uid": "urn:x:request",
        "permission": [
            "action": "read", "assignee": "urn:x:a", "target": "urn:x:t",
            "context": [
                "leftOperand": "purpose", "operator": "eq",
                "rightOperand": ["@id": "https://w3id.org/dpv#Marketing"],
            ],
        ],
    ]

    private static let state: JSON = [
        "@context": context, "@id": "http://example.com/request/currentTime",
        "dct:issued": ["@value": "2026-11-22T12:00:00Z", "@type": "xsd:dateTime"],
    ]

    /// - Returns: what an evaluation of the bytes as a policy decides; nil if they are none. The same bytes
    ///   are tried as request and as state too.
    @discardableResult
    static func run(_ bytes: [UInt8], purposes: PurposeTree) -> Decision.Outcome? {
        _ = PolicyCheck(bytes, purposes: purposes)
        guard let json = try? JSON.parse(bytes) else { return nil }
        _ = PolicyFormatter.format(json)
        _ = try? EntityDirectory(json)
        guard let set = try? PolicySet(json, purposes: purposes) else { return nil }
        let evaluation = try? set.evaluate(request: request, state: state)
        _ = try? set.evaluate(request: json, state: json)
        _ = evaluation?.json.canonical
        _ = try? set.whyNot(request: request, state: state)
        for language in Language.allCases { _ = set.explanation(in: language) }
        for relation in PolicySet.ConflictRelation.allCases { _ = set.conflicts(relation) }
        let service = AuthorizationService(policies: set, entities: EntityDirectory())
        _ = try? service.evaluations(json, at: Instant(milliseconds: 0))
        return evaluation?.outcome
    }
}
