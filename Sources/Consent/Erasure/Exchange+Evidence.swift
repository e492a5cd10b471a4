internal import AuditLog
internal import Cryptography
internal import MerkleLog
public import Model
public import Registry

/// What providers must still be able to prove of persons who are erased (GDPR 7(1), 17(3)).
extension Exchange {
    /// How long a provider may take to fetch it.
    private static let keptSeconds: Int64 = 30 * 86_400

    /// What lies ready for the caller's organisation, without the files.
    public func evidence(for caller: Caller) throws -> [Evidence] {
        guard let provider = caller.organisation?.id, caller.acts(as: .provider, for: provider) else {
            return []
        }
        return try registry.read { try $0.evidence(for: provider) }
    }

    /// What lies ready of one grant, with its file.
    public func evidence(of grant: GrantID, for caller: Caller) throws -> Evidence {
        guard let evidence = try registry.read({ try $0.evidence(of: grant) }),
            caller.acts(as: .provider, for: evidence.provider)
        else {
            throw ClientFault(
                .notFound, "evidence_unknown", "nothing lies ready of this grant", field: "grant",
                found: grant.description)
        }
        return evidence
    }

    /// Forgets what lies ready of a grant: the provider has it.
    public func removeEvidence(of grant: GrantID, by caller: Caller) throws {
        _ = try evidence(of: grant, for: caller)
        _ = try registry.write(at: now) { try $0.removeEvidence(of: grant) }
        try registry.forgetDeletedPages()
    }

    /// Forgets what no provider fetched in its time.
    public func forgetStaleEvidence() throws {
        let removed = try registry.write(at: now) { try $0.purgeEvidence() }
        if removed > 0 { try registry.forgetDeletedPages() }
    }

    /// A file for each grant that the person ever gave, from the log as it is published.
    func evidence(of person: PersonID) async throws -> [Evidence] {
        let salts = try registry.read { try $0.salts(of: person) }
        let size = parts.log.size
        if size > 0 { _ = try await parts.log.published(covering: size - 1) }
        try await parts.indexer.indexed(to: size)
        let openings = Dictionary(salts.map { ($0.nonce, $0.salt) }, uniquingKeysWith: { first, _ in first })
        var grants: [GrantID: GrantEvidence] = [:]
        for index in try indexes(ofNonces: Set(openings.keys)) {
            let bytes = try parts.log.entry(at: index)
            let entry = try JSON.parse(bytes)
            guard let grant = entry["grant"]?.string.flatMap({ GrantID($0) }),
                let nonce = entry["nonce"]?.string.flatMap({ Base64.decodeURL($0) }),
                let salt = openings[nonce]
            else { continue }
            grants[grant, default: GrantEvidence()].add(
                index, bytes, entry, proof: try parts.log.proof(of: index).text,
                opening: Opening(person: person, salt: salt, nonce: nonce))
        }
        return try registry.read { reader in
            try grants.filter(\.value.wasGiven).sorted { $0.key < $1.key }.map { grant, evidence in
                let agreement = try reader.requireAgreement(evidence.requiredAgreement(of: grant))
                return Evidence(
                    grant: grant, agreement: agreement.id, dataset: agreement.dataset,
                    provider: agreement.provider, madeAt: now,
                    keptUntil: now.adding(seconds: Self.keptSeconds),
                    file: evidence.file(of: grant, log: parts.log.vkey))
            }
        }
    }

    /// The salt of the first entry that names a person: every copy of the registry that knows him has it.
    ///
    /// Of entries that were pruned the registry keeps that one alone (`prune`).
    func oldestSalt(of person: PersonID) throws -> [UInt8]? {
        let salts = try registry.read { try $0.salts(of: person) }
        let isPruned = parts.log.minimumIndex > 0
        var named: [[UInt8]] = []
        for index in try indexes(ofNonces: Set(salts.map(\.nonce))) {
            let entry = try JSON.parse(parts.log.entry(at: index))
            if let nonce = entry["nonce"]?.string.flatMap({ Base64.decodeURL($0) }) { named.append(nonce) }
            if !isPruned { break }
        }
        if isPruned, let pruned = salts.first(where: { !named.contains($0.nonce) }) { return pruned.salt }
        return salts.first { $0.nonce == named.first }?.salt
    }

    private func indexes(ofNonces nonces: Set<[UInt8]>) throws -> [UInt64] {
        guard !nonces.isEmpty else { return [] }
        var indexes: [UInt64] = []
        var cursor: String?
        repeat {
            let query = EntryQuery(nonces: nonces, order: .oldestFirst)
            let page = try parts.index.entries(query, limit: 1000, after: cursor)
            indexes += page.indexes.filter { $0 >= parts.log.minimumIndex }
            cursor = page.next
        } while cursor != nil
        return indexes
    }
}

/// What opens the commitments to one person in one entry.
private struct Opening {
    let person: PersonID
    let salt: [UInt8]
    let nonce: [UInt8]

    var commitment: String {
        Base64.encodeURL(SHA256.hash(salt + nonce + Array(person.description.utf8)))
    }

    /// The members of an entry that are this commitment: of the entry itself or of its actor.
    func members(of entry: JSON) -> [String] {
        let commitment = JSON.string(commitment)
        let own = (entry.object ?? [:]).filter { $0.value == commitment }.map(\.key)
        return (own + (entry["actor"]?["person"] == commitment ? ["actor.person"] : [])).sorted()
    }
}

/// The entries of one grant with what opens and proves them.
private struct GrantEvidence {
    private var entries: [JSON] = []
    private var agreement: AgreementID?
    private(set) var wasGiven = false

    mutating func add(_ index: UInt64, _ bytes: [UInt8], _ entry: JSON, proof: String, opening: Opening) {
        wasGiven = wasGiven || entry["type"]?.string == EntryType.grantGiven.rawValue
        agreement = agreement ?? entry["agreement"]?.string.flatMap { AgreementID($0) }
        entries.append([
            "index": .integer(Int64(index)), "entry": .string(String(decoding: bytes, as: UTF8.self)),
            "proof": .string(proof),
            "openings": .array(
                opening.members(of: entry).map { member in
                    [
                        "member": .string(member), "id": .string(opening.person.description),
                        "salt": .string(Base64.encodeURL(opening.salt)),
                    ]
                }),
        ])
    }

    func requiredAgreement(of grant: GrantID) throws -> AgreementID {
        guard let agreement else {
            throw RetryableFault(
                "evidence_incomplete", "what a provider must be able to prove cannot be put together",
                cause: "the entries of grant \(grant) name no agreement")
        }
        return agreement
    }

    func file(of grant: GrantID, log: String) -> [UInt8] {
        let file: JSON = [
            "format": "sluis-grant-evidence", "version": 1, "log": .string(log),
            "grant": .string(grant.description), "entries": .array(entries),
        ]
        return file.canonical
    }
}
