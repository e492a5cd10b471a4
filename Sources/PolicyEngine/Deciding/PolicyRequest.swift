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
    /// The ids of the fields asked, in the order in which they shall come.
    public var fields: [String]
    /// How often the agreement was read; nil where nobody says.
    public var counts: ReadCounts?

    public init(
        assignee: String, target: String, action: String = PolicyRequest.read, purpose: Purpose,
        legalBasis: LegalBasis, fields: [String], counts: ReadCounts? = nil
    ) {
        self.assignee = assignee
        self.target = target
        self.action = action
        self.purpose = purpose
        self.legalBasis = legalBasis
        self.fields = fields
        self.counts = counts
    }

    /// `odrl:read`.
    public static let read = "http://www.w3.org/ns/odrl/2/read"
}
