/// A dataset (DCAT 3) whose rows belong to owners.
public struct Dataset: Hashable, Sendable {
    public var id: Slug
    public var provider: Slug
    public var title: String
    public var ownerRule: OwnerRule
    /// The field that says of which time a row is, a `date` or `datetime`.
    public var timeColumn: String?
    /// Texts of unquoted cells that mean "no value", such as `NA`; the empty text is one if it is listed.
    public var nullValues: [String]
    public var fields: [Field]
    /// The ODRL Offer under which the provider takes requests.
    public var offer: JSON
    /// The version that readers get, from 1; nil until data were put.
    public var version: Int?
    /// Where its rows are; nil for a hosted dataset, whose rows the hub has.
    public var upstream: Upstream?

    public init(
        id: Slug, provider: Slug, title: String, ownerRule: OwnerRule, timeColumn: String? = nil,
        nullValues: [String], fields: [Field], offer: JSON, version: Int? = nil, upstream: Upstream? = nil
    ) {
        self.id = id
        self.provider = provider
        self.title = title
        self.ownerRule = ownerRule
        self.timeColumn = timeColumn
        self.nullValues = nullValues
        self.fields = fields
        self.offer = offer
        self.version = version
        self.upstream = upstream
    }

    public func field(named name: String) -> Field? { fields.first { $0.name == name } }

    /// The ids of the fields with these names, in this order; a name of none is left out.
    public func fieldIDs(named names: [String]) -> [String] { names.compactMap { field(named: $0)?.id } }
}

/// A column. Grants name fields by `id`, so a column that is new or has another type is in nobody's grant.
public struct Field: Hashable, Sendable {
    /// Chosen at creation, unique in the dataset and never given to another field of it; the name unless the
    /// publisher gives another, or that is taken. Policies, agreements and grants name the field by it.
    public var id: String
    /// The text of the header cell.
    public var name: String
    public var type: FieldType
    /// Whether a null in this column makes a row bad.
    public var isRequired: Bool

    public init(id: String? = nil, name: String, type: FieldType, isRequired: Bool = false) {
        self.id = id ?? name
        self.name = name
        self.type = type
        self.isRequired = isRequired
    }
}

/// How the cells of a column are checked and how NDJSON writes them. CSV gives every cell as published.
public enum FieldType: String, CaseIterable, Sendable {
    case string
    /// Optional sign and digits.
    case integer
    /// JSON's number grammar, a leading `+` or zeros not allowed.
    case decimal
    /// `true` or `false`.
    case boolean
    /// `YYYY-MM-DD`.
    case date
    /// RFC 3339, the zone optional.
    case datetime
}

/// Who owns the rows of a dataset.
public enum OwnerRule: Hashable, Sendable {
    /// The owner key stands in this column. A row whose cell there is empty or null belongs to nobody and is
    /// never released.
    case column(String)
    /// Every row belongs to this owner.
    case single(Owner)
    /// No owner: anyone may read without a token.
    case open
}

/// Whoever's rights attach to rows: data subject (GDPR) or data holder (DGA).
public enum Owner: Hashable, Sendable, CustomStringConvertible {
    case organisation(Slug)
    case person(PersonID)

    /// A UUIDv7 is a person, any other slug an organisation.
    public init?(_ text: some StringProtocol) {
        if let id = PersonID(text) {
            self = .person(id)
        } else if let slug = Slug(text) {
            self = .organisation(slug)
        } else {
            return nil
        }
    }

    public var description: String {
        switch self {
        case .organisation(let slug): slug.text
        case .person(let id): id.description
        }
    }
}

/// What the provider asserts: this owner key is this owner. One owner may have several keys; a key has at
/// most one owner at a time, be it the time of the assertion or, in a dataset with a time column, that of the
/// rows.
public struct OwnerLink: Hashable, Sendable {
    public var ownerKey: String
    public var owner: Owner
    /// The first dataset version whose rows this link covers. A key's first link covers all versions (1);
    /// when a key passes to another owner the new link covers only later versions, so that it never releases
    /// rows that were published while they belonged to someone else.
    public var sinceVersion: Int
    /// Of which time the rows of the key are that it covers; nil for all.
    public var period: DataSpan?

    public init(ownerKey: String, owner: Owner, sinceVersion: Int = 1, period: DataSpan? = nil) {
        self.ownerKey = ownerKey
        self.owner = owner
        self.sinceVersion = sinceVersion
        self.period = period
    }
}
