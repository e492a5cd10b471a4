public import Model

/// What the publisher says about a file before it is read.
public struct IngestShape: Hashable, Sendable {
    public enum BadLinePolicy: String, Sendable {
        /// Any bad line fails the whole ingest.
        case refuse
        /// Bad lines are left out, and kept in the file `quarantine.csv` of the version. A broken quote still
        /// fails the whole ingest: beyond it nobody can tell text from cells or lines, so rows could reach
        /// the wrong owner.
        case quarantine
    }

    public var ownerRule: OwnerRuleShape
    /// Texts of unquoted cells that mean "no value"; a quoted cell never is null. In NDJSON null alone is.
    public var nullValues: [String]
    /// The dataset's fields, in the order in which they are stored; nil to infer them from the file. A header
    /// must have the same names, in any order; objects have no others, and null where they lack one.
    public var fields: [Field]?
    public var badLines: BadLinePolicy
    /// Of the file as received.
    public var maximumBytes: Int
    public var format: FileFormat
    /// How the file is packed.
    public var coding: ContentCoding
    /// Of the file as unpacked.
    public var maximumDecodedBytes: Int

    public init(
        ownerRule: OwnerRuleShape, nullValues: [String] = [""], fields: [Field]? = nil,
        badLines: BadLinePolicy = .refuse, maximumBytes: Int = .max, format: FileFormat = .csv,
        coding: ContentCoding = .identity, maximumDecodedBytes: Int = 1 << 40
    ) {
        self.ownerRule = ownerRule
        self.nullValues = nullValues
        self.fields = fields
        self.badLines = badLines
        self.maximumBytes = maximumBytes
        self.format = format
        self.coding = coding
        self.maximumDecodedBytes = maximumDecodedBytes
    }
}

/// How rows find their owner: `OwnerRule` without the owner, whom the data plane need not know.
public enum OwnerRuleShape: Hashable, Sendable {
    /// By the text of this column. A row that is empty or null there belongs to nobody.
    case column(String)
    /// All rows belong to one owner: ordinal 0, with the empty text as owner key.
    case single
    /// Rows have no owner.
    case open

    public init(_ rule: OwnerRule) {
        switch rule {
        case .column(let name): self = .column(name)
        case .single: self = .single
        case .open: self = .open
        }
    }
}
