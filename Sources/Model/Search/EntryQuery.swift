/// Which entries of the audit log to list. Every condition that is set must hold.
public struct EntryQuery: Hashable, Sendable {
    public enum Order: String, Sendable { case newestFirst, oldestFirst }

    /// Entries that name this organisation (see `IndexedEntry.organisations`).
    public var organisation: Slug?
    public var dataset: Slug?
    public var purpose: Purpose?
    public var decision: Decision.Outcome?
    public var grant: GrantID?
    /// The type as the entry writes it, such as `grant.given`.
    public var type: String?
    /// Entries at or after this time.
    public var from: Instant?
    /// Entries before this time.
    public var to: Instant?
    /// Entries with one of these nonces. Of entries that name no person the nonce is not kept: nobody asks
    /// for them, since only commitments have salts.
    public var nonces: Set<[UInt8]>?
    /// Entries of this organisation as an owner: of its grants and what else has it as `owner`.
    public var owner: Slug?
    /// The organisation whose auditor asks: only entries that name it. Nil for supervisors, who see all.
    public var visibleTo: Slug?
    /// By index, not by time: where the two differ, the index tells what came first.
    public var order: Order

    public init(
        organisation: Slug? = nil, dataset: Slug? = nil, purpose: Purpose? = nil,
        decision: Decision.Outcome? = nil, grant: GrantID? = nil, type: String? = nil, from: Instant? = nil,
        to: Instant? = nil, nonces: Set<[UInt8]>? = nil, owner: Slug? = nil, visibleTo: Slug? = nil,
        order: Order = .newestFirst
    ) {
        self.organisation = organisation
        self.dataset = dataset
        self.purpose = purpose
        self.decision = decision
        self.grant = grant
        self.type = type
        self.from = from
        self.to = to
        self.nonces = nonces
        self.owner = owner
        self.visibleTo = visibleTo
        self.order = order
    }
}

/// A part of a list of entries.
public struct EntryPage: Hashable, Sendable {
    /// The indexes of the entries in the order asked.
    public var indexes: [UInt64]
    /// Where the next page begins; nil on the last one.
    public var next: String?
    /// The entries below this index are indexed; later ones are not in the list yet.
    public var indexedTo: UInt64

    public init(indexes: [UInt64], next: String?, indexedTo: UInt64) {
        self.indexes = indexes
        self.next = next
        self.indexedTo = indexedTo
    }
}
