/// The types of audit log entries that this hub writes (docs/wire-formats.md).
public enum EntryType: String, CaseIterable, Sendable {
    case logOpened = "log.opened"
    case logClosed = "log.closed"
    case logPruned = "log.pruned"
    case keyRotated = "key.rotated"
    case organisationAdded = "org.added"
    case organisationApproved = "org.approved"
    case organisationRefused = "org.refused"
    case organisationSuspended = "org.suspended"
    case organisationResumed = "org.resumed"
    case credentialAdded = "credential.added"
    case credentialRemoved = "credential.removed"
    case personAdded = "person.added"
    case personErased = "person.erased"
    case datasetPublished = "dataset.published"
    case datasetVersioned = "dataset.versioned"
    case linkChanged = "link.changed"
    case requestMade = "request.made"
    case requestRefused = "request.refused"
    case agreementMade = "agreement.made"
    case agreementEnded = "agreement.ended"
    case processorsChanged = "processors.changed"
    case grantRequested = "grant.requested"
    case grantGiven = "grant.given"
    case grantAmended = "grant.amended"
    case grantRefused = "grant.refused"
    case grantWithdrawn = "grant.withdrawn"
    case grantRevoked = "grant.revoked"
    case grantExpired = "grant.expired"
    case tokenIssued = "token.issued"
    case tokenDenied = "token.denied"
    case tokenRevoked = "token.revoked"
    case accessDecided = "access.decided"
    case accessCompleted = "access.completed"
    case access = "access"
    case historyViewed = "history.viewed"
}

/// Who did what an entry tells.
public enum Actor: Hashable, Sendable {
    /// The hub itself: expiry, start, maintenance.
    case hub
    case organisation(Slug, thumbprint: Thumbprint?, tokenID: String?, keyID: String?)
    /// A person stands in the log as a commitment only: no certificate and no token, which would name him for
    /// ever.
    case person(PersonID)
    /// Someone without credentials reading an open dataset.
    case anyone
}

/// One thing that happened, before it has its place in the log.
///
/// `persons` and `ownerKeys` name people: the log gets a salted commitment for each, and the salts are kept
/// where they can be erased. Everything in `members` is written as it stands, so nothing personal goes there.
public struct AuditEvent: Hashable, Sendable {
    public var type: EntryType
    public var actor: Actor
    /// Members of the entry besides `v`, `type`, `at`, `nonce`, `seq` and `actor`.
    public var members: [String: JSON]
    /// Members whose value is the commitment to a person.
    public var persons: [String: PersonID]
    /// Salts to use again instead of new ones. They are not kept for this entry: whoever held them before can
    /// open its commitment, nobody else.
    public var salts: [PersonID: [UInt8]]

    public init(
        _ type: EntryType, by actor: Actor, _ members: [String: JSON] = [:],
        persons: [String: PersonID] = [:], salts: [PersonID: [UInt8]] = [:]
    ) {
        self.type = type
        self.actor = actor
        self.members = members
        self.persons = persons
        self.salts = salts
    }
}

/// An entry of the audit log as bytes, and the salts that open its commitments.
public struct SealedEntry: Hashable, Sendable {
    /// Canonical JSON (RFC 8785), at most 65,535 bytes.
    public var bytes: [UInt8]
    /// 16 random bytes that make the entry unique; also in `bytes`.
    public var nonce: [UInt8]
    /// Per person named in the entry, the 32-byte salt of his commitment.
    public var salts: [PersonID: [UInt8]]

    public init(bytes: [UInt8], nonce: [UInt8], salts: [PersonID: [UInt8]]) {
        self.bytes = bytes
        self.nonce = nonce
        self.salts = salts
    }
}

/// An entry that is committed with the state it tells of and waits for its place in the log.
public struct OutboxRow: Hashable, Sendable {
    /// Ascending without gaps in order of commit; the entry's `seq`.
    public var number: Int64
    public var entry: [UInt8]

    public init(number: Int64, entry: [UInt8]) {
        self.number = number
        self.entry = entry
    }
}

/// Where committed entries wait until the log holds them: Registry's table, as AuditLog sees it.
public protocol OutboxStore: Sendable {
    /// All rows not yet dropped, by ascending number.
    func pendingRows() throws -> [OutboxRow]
    /// The number of the newest row ever made, 0 before the first.
    func newestNumber() throws -> Int64
    /// Forgets the rows up to and including `number`: the log holds them durably.
    func dropRows(through number: Int64) throws
    /// Keeps the newest checkpoint of the log, a signed note, in the place of the one before: from then on a
    /// log that ends earlier has lost its end.
    func remember(head: String) throws
}
