public import Model

/// The ODRL Agreement that a provider's yes becomes.
public enum AgreementPolicy {
    /// Builds the Agreement from the offer and the request that it answers.
    ///
    /// It permits `request.assignee` to read `request.target` for the purpose or a narrower one, under the
    /// legal basis, in the fields, before `validUntil`; with a retention it obliges to delete by then.
    /// - Parameters:
    ///   - uid: IRI of the agreement.
    ///   - offer: the offer under which the request was made; its assigner becomes the agreement's.
    ///   - validUntil: the first instant at which nothing may be read any more; nil for no end.
    ///   - retention: an ISO 8601 duration such as `P90D`.
    /// - Throws: `ClientFault` `offer_expected`, `fields_missing` or `retention_malformed` (400).
    public static func make(
        uid: String, offer: CompiledPolicy, request: PolicyRequest, validUntil: Instant?, retention: String?
    ) throws(ClientFault) -> JSON {
        guard offer.kind == .offer, let assigner = offer.assigner else {
            throw ClientFault(
                .badInput, "offer_expected", "an agreement is made from an offer", field: "$.@type",
                found: offer.kind.rawValue, expected: "`Offer`")
        }
        guard !request.fields.isEmpty else {
            throw ClientFault(
                .badInput, "fields_missing", "an agreement covers at least one field", field: "fields",
                expected: "names of fields of the dataset")
        }
        var members: [String: JSON] = [
            "@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Agreement", "uid": .string(uid),
            "profile": .string(SluisProfile.iri), "dct:source": identifier(offer.uid),
            "assigner": .string(assigner), "assignee": .string(request.assignee),
            "target": .string(request.target),
            "permission": [["action": "read", "constraint": .array(constraints(request, validUntil))]],
        ]
        if let retention { members["obligation"] = [try deletion(after: retention)] }
        return .object(members)
    }

    private static func constraints(_ request: PolicyRequest, _ validUntil: Instant?) -> [JSON] {
        let fields = JSON(request.fields)
        var constraints = [
            constraint("purpose", "isA", identifier(request.purpose.iri)),
            constraint(SluisProfile.legalBasis, "eq", identifier(SluisProfile.iri(of: request.legalBasis))),
            constraint(SluisProfile.field, "isAnyOf", ["@list": fields]),
        ]
        if let validUntil {
            constraints.append(constraint("dateTime", "lt", typed(validUntil.description, "xsd:dateTime")))
        }
        return constraints
    }

    private static func deletion(after retention: String) throws(ClientFault) -> JSON {
        guard RetentionPeriod(retention) != nil else {
            throw ClientFault(
                .badInput, "retention_malformed", "the retention is not a duration", field: "retention",
                found: retention, expected: "an ISO 8601 duration such as `P90D`")
        }
        let term = constraint(SluisProfile.retention, "lteq", typed(retention, "xsd:duration"))
        return ["action": "delete", "constraint": [term]]
    }

    private static func constraint(_ left: String, _ comparison: String, _ right: JSON) -> JSON {
        ["leftOperand": .string(left), "operator": .string(comparison), "rightOperand": right]
    }

    private static func identifier(_ iri: String) -> JSON { ["@id": .string(iri)] }

    private static func typed(_ text: String, _ type: String) -> JSON {
        ["@value": .string(text), "@type": .string(type)]
    }
}
