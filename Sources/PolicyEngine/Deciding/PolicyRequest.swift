public import Model

/// What is asked of the policies, all of it stated: an evaluation looks nothing up.
public struct PolicyRequest: Hashable, Sendable {
    /// The IRI of the organisation that asks and gets the data: assignee and recipient.
    public var assignee: String
    /// The IRI of the dataset.
    public var target: String
    /// The IRI of an ODRL action; reading is what the hub does.
    public var action: String
    public var purpose: Purpose
    public var legalBasis: LegalBasis
    /// The names of the fields asked, in the order in which they shall come.
    public var fields: [String]

    public init(
        assignee: String, target: String, action: String = PolicyRequest.read, purpose: Purpose,
        legalBasis: LegalBasis, fields: [String]
    ) {
        self.assignee = assignee
        self.target = target
        self.action = action
        self.purpose = purpose
        self.legalBasis = legalBasis
        self.fields = fields
    }

    /// `odrl:read`.
    public static let read = "http://www.w3.org/ns/odrl/2/read"
}
