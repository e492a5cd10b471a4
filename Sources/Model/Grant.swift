/// One owner's answer under one agreement: a consent record (ISO/IEC TS 27560).
public struct Grant: Hashable, Sendable {
    /// The states of ISO/IEC TS 27560 and W3C DPV that Sluis knows.
    public enum State: String, CaseIterable, Sendable {
        case requested = "Requested"
        case given = "Given"
        case refused = "Refused"
        /// By the owner.
        case withdrawn = "Withdrawn"
        /// By another.
        case revoked = "Revoked"
        case expired = "Expired"
    }

    public var id: GrantID
    public var agreement: AgreementID
    public var owner: Owner
    public var state: State
    /// Names of the granted fields, a subset of the agreement's; empty unless given.
    public var fields: [String]
    /// The owner keys it covers; nil for every key linked to the owner, now and later.
    public var ownerKeys: [String]?
    public var validUntil: Instant?
    /// Why it was refused, withdrawn or revoked, if whoever did so said it; never in the log.
    public var reason: String?
    public var changedAt: Instant

    public init(
        id: GrantID, agreement: AgreementID, owner: Owner, state: State, fields: [String] = [],
        ownerKeys: [String]? = nil, validUntil: Instant? = nil, reason: String? = nil,
        changedAt: Instant
    ) {
        self.id = id
        self.agreement = agreement
        self.owner = owner
        self.state = state
        self.fields = fields
        self.ownerKeys = ownerKeys
        self.validUntil = validUntil
        self.reason = reason
        self.changedAt = changedAt
    }

    /// Whether rows may flow under this grant at `now`.
    public func isLive(at now: Instant) -> Bool { state == .given && (validUntil.map { now < $0 } ?? true) }
}
