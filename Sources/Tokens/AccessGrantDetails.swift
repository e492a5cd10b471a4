public import Model

/// What a token lets its holder do: one `authorization_details` element (RFC 9396) of type `sluis_dataset`.
///
/// For example:
///
///     {"type":"sluis_dataset","identifier":"flights","agreement":"0198...","actions":["read"],
///      "purpose":"https://w3id.org/dpv#ResearchAndDevelopment","fields":["carrier","dep_time"]}
public struct AccessGrantDetails: Hashable, Sendable {
    /// The value of `type`.
    public static let type = "sluis_dataset"
    /// The only value of `actions`.
    public static let actions = ["read"]

    public var dataset: Slug
    public var agreement: AgreementID
    /// Nil where none was named: the agreement's.
    public var purpose: Purpose?
    /// Field names in the order asked, none twice; empty where none were named: all that are agreed.
    public var fields: [String]
    /// The consumer for whom a processor, who takes the token in his own name, reads; nil where the client
    /// reads for itself. Whether he may is for others to say.
    public var actFor: Slug?

    public init(
        dataset: Slug, agreement: AgreementID, purpose: Purpose? = nil, fields: [String] = [],
        actFor: Slug? = nil
    ) {
        self.dataset = dataset
        self.agreement = agreement
        self.purpose = purpose
        self.fields = fields
        self.actFor = actFor
    }

    /// The element. Members that were not named are left out.
    public var json: JSON {
        var members: [String: JSON] = [
            "type": .string(Self.type), "identifier": .string(dataset.text),
            "agreement": .string(agreement.description), "actions": JSON(Self.actions),
        ]
        if let purpose { members["purpose"] = .string(purpose.iri) }
        if !fields.isEmpty { members["fields"] = JSON(fields) }
        if let actFor { members["act_for"] = .string(actFor.text) }
        return .object(members)
    }
}
