public import Cryptography
public import Model
internal import Registry
internal import Synchronization

/// Who takes part now and with what each proves who it is, and which tokens were taken back: what every
/// request asks, held in memory.
///
/// What narrows is written here before the registry has it, and what widens after the log has it, so that a
/// request sees the first at once and the second never too early.
public final class ParticipantBook: Sendable {
    private struct Pages {
        var organisations: [Slug: Organisation] = [:]
        var certificates: [Thumbprint: Slug] = [:]
        /// When a credential came that was there before: what was taken with it then stays over.
        var returns: [Owned: Instant] = [:]
        var removed: Set<Owned> = []
        var keys: [Slug: [ClientKey]] = [:]
        var keySets: [Slug: VerificationKeySet] = [:]
        var revokedTokens: [String: Instant] = [:]
    }

    /// Whose credential: two organisations may have one key, and neither is to touch what is the other's.
    private struct Owned: Hashable {
        let organisation: Slug
        let credential: Thumbprint
    }

    private let pages = Mutex(Pages())
    /// Raised behind every change: whoever found something before may have to look again.
    private let changes = Atomic(0)

    init() {}

    /// Higher after every change.
    var generation: Int { changes.load(ordering: .sequentiallyConsistent) }

    /// Something that a pass depends on has changed.
    func noteChange() { changes.add(1, ordering: .sequentiallyConsistent) }

    /// Whoever is not pending; nil for an unknown one.
    public func organisation(_ id: Slug) -> Organisation? { pages.withLock { $0.organisations[id] } }

    public func isActive(_ id: Slug) -> Bool { organisation(id)?.state == .active }

    /// Whose certificate this is, active or suspended; nil for none of an organisation.
    public func organisation(with certificate: Thumbprint) -> Organisation? {
        pages.withLock { pages in pages.certificates[certificate].flatMap { pages.organisations[$0] } }
    }

    /// The keys with which an organisation signs who it is; nil if it has none.
    public func keys(of id: Slug) -> VerificationKeySet? { pages.withLock { $0.keySets[id] } }

    /// Whether the organisation proves itself with this certificate or key, and did all the time since then.
    public func has(_ id: Slug, _ credential: Thumbprint, since time: Instant) -> Bool {
        pages.withLock { pages in
            guard pages.returns[Owned(organisation: id, credential: credential)].map({ $0 <= time }) ?? true
            else { return false }
            return pages.certificates[credential] == id
                || pages.keys[id]?.contains { $0.thumbprint == credential } == true
        }
    }

    public func isRevoked(token id: String) -> Bool { pages.withLock { $0.revokedTokens[id] != nil } }

    // MARK: Changes

    func set(_ organisation: Organisation) {
        pages.withLock { $0.organisations[organisation.id] = organisation }
        noteChange()
    }

    func set(_ state: Organisation.State, of id: Slug) {
        pages.withLock { $0.organisations[id]?.state = state }
        noteChange()
    }

    /// - Throws: `ClientFault` `bad_jwks` if the keys do not go with those that the organisation has.
    func add(_ certificate: Thumbprint?, _ keys: [ClientKey], of id: Slug, at now: Instant) throws {
        try pages.withLock { pages in
            for thumbprint in keys.map(\.thumbprint) + [certificate].compactMap(\.self) {
                let owned = Owned(organisation: id, credential: thumbprint)
                guard pages.removed.remove(owned) != nil else { continue }
                // Tokens say whole seconds.
                pages.returns[owned] = Instant(milliseconds: now.milliseconds / 1000 * 1000)
            }
            if !keys.isEmpty {
                let all = (pages.keys[id] ?? []) + keys
                pages.keySets[id] = try Self.keySet(all)
                pages.keys[id] = all
            }
            if let certificate { pages.certificates[certificate] = id }
        }
        noteChange()
    }

    func remove(_ credential: Thumbprint, of id: Slug) {
        pages.withLock { pages in
            let keys = pages.keys[id] ?? []
            let left = keys.filter { $0.thumbprint != credential }
            let isCertificate = pages.certificates[credential] == id
            guard isCertificate || left.count < keys.count else { return }
            pages.removed.insert(Owned(organisation: id, credential: credential))
            if isCertificate { pages.certificates[credential] = nil }
            pages.keys[id] = left
            // Those that are left verified together with it, and so they do without it.
            pages.keySets[id] = left.isEmpty ? nil : try? Self.keySet(left)
        }
        noteChange()
    }

    /// - Parameter expiresAt: from then on the token is no longer good anyway.
    func revoke(token id: String, expiresAt: Instant, at now: Instant) {
        pages.withLock { pages in
            if pages.revokedTokens.count.isMultiple(of: 1024) {
                pages.revokedTokens = pages.revokedTokens.filter { $0.value > now }
            }
            pages.revokedTokens[id] = expiresAt
        }
        noteChange()
    }

    /// - Throws: `ClientFault` `bad_jwks` for keys of which two have one name, and too many.
    static func keySet(_ keys: [ClientKey]) throws(ClientFault) -> VerificationKeySet {
        guard keys.count <= ClientProof.maximumKeys else {
            throw ClientProof.badKeys(
                "the organisation would have \(keys.count) keys; expected at most \(ClientProof.maximumKeys)")
        }
        do {
            return try VerificationKeySet(jwks: ["keys": .array(keys.map(\.jwk))])
        } catch {
            throw ClientProof.badKeys(error.message)
        }
    }

    /// Fills it from the registry. Once, at start.
    func load(_ reader: RegistryReader, at now: Instant) throws {
        var loaded = Pages()
        try reader.forEachOrganisation { organisation in
            if organisation.state != .pending { loaded.organisations[organisation.id] = organisation }
        }
        try reader.forEachOrganisationCredential { credential in
            if case .organisation(let id) = credential.principal {
                loaded.certificates[credential.thumbprint] = id
            }
        }
        try reader.forEachClientKey { loaded.keys[$0.organisation, default: []].append($0) }
        for (id, keys) in loaded.keys { loaded.keySets[id] = try Self.keySet(keys) }
        for token in try reader.revokedTokens(at: now) { loaded.revokedTokens[token.id] = token.expiresAt }
        pages.withLock { [loaded] in $0 = loaded }
        noteChange()
    }
}
