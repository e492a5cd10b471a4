internal import Consent
internal import HTTPTypes
internal import Model
internal import Registry

extension Gateway {
    /// Forgets a person, and says what providers keep of him, why and until when.
    func erasePerson(_ call: Call) async throws -> Answer {
        let person: PersonID = try call.identifier("id")
        let recorded = try await exchange.erase(person, by: call.requiredCaller)
        return .json(
            [
                "person": .string(person.description), "entry": recorded.entryJSON,
                "side_file_lines": .integer(Int64(recorded.value.lines)),
                "evidence": .array(recorded.value.evidence.map(Self.json)),
            ], entry: recorded.entry)
    }

    /// What lies ready for the caller's organisation of persons who were erased.
    func listEvidence(_ call: Call) throws -> Answer {
        let items = try exchange.evidence(for: call.requiredCaller).map(Self.json)
        return .json(["items": .array(items), "next": .null])
    }

    func showEvidence(_ call: Call) throws -> Answer {
        let evidence = try exchange.evidence(of: call.identifier("grant"), for: call.requiredCaller)
        return .text(evidence.file, type: "application/json")
    }

    func removeEvidence(_ call: Call) throws -> Answer {
        let grant: GrantID = try call.identifier("grant")
        try exchange.removeEvidence(of: grant, by: call.requiredCaller)
        return .json(["grant": .string(grant.description), "removed": true])
    }

    private static func json(_ evidence: Evidence) -> JSON {
        [
            "grant": .string(evidence.grant.description),
            "agreement": .string(evidence.agreement.description),
            "dataset": .string(evidence.dataset.text), "provider": .string(evidence.provider.text),
            "what": "the entries of the grant with their salts and proofs",
            "why": "the provider must be able to prove that the grant was given (GDPR art. 7(1), 17(3))",
            "made_at": JSON(evidence.madeAt), "kept_until": JSON(evidence.keptUntil),
        ]
    }
}
