/// The randomness and the digest an entry needs, from outside: Model does no cryptography of its own.
public struct EntrySealer: Sendable {
    private let random: @Sendable (Int) -> [UInt8]
    private let sha256: @Sendable ([UInt8]) -> [UInt8]

    /// - Parameters:
    ///   - random: gives that many bytes from a cryptographically secure source.
    ///   - sha256: the SHA-256 digest of its argument.
    public init(
        random: @escaping @Sendable (Int) -> [UInt8], sha256: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) {
        self.random = random
        self.sha256 = sha256
    }

    /// Writes the entry of `event` at `time`, as INTERFACES section 7 lays down.
    ///
    /// Every person becomes a commitment, base64url(SHA-256(salt32 || nonce16 || UTF-8 id)), under a fresh
    /// salt: without the salt nobody can tell, not even by trying every person, whom the entry names.
    public func seal(_ event: AuditEvent, at time: Instant, number: Int64?) -> SealedEntry {
        let nonce = random(16)
        var salts: [PersonID: [UInt8]] = [:]
        func commitment(_ person: PersonID) -> JSON {
            let salt = event.salts[person] ?? salts[person] ?? random(32)
            if event.salts[person] == nil { salts[person] = salt }
            return .string(Base64.encodeURL(sha256(salt + nonce + Array(person.description.utf8))))
        }
        var members = event.members
        for (name, person) in event.persons { members[name] = commitment(person) }
        members["v"] = 1
        members["type"] = .string(event.type.rawValue)
        members["at"] = JSON(time)
        members["nonce"] = .string(Base64.encodeURL(nonce))
        members["seq"] = number.map(JSON.integer) ?? .null
        members["actor"] = event.actor.json(commitment)
        return SealedEntry(bytes: JSON.object(members).canonical, nonce: nonce, salts: salts)
    }
}

extension Actor {
    /// The member `actor` of an entry.
    ///
    /// - Parameter commitment: how a person stands there.
    public func json(_ commitment: (PersonID) -> JSON) -> JSON {
        switch self {
        case .hub: ["org": .null]
        case .anyone: .null
        case .person(let id): ["person": commitment(id)]
        case .organisation(let slug, let thumbprint, let tokenID, let keyID):
            [
                "org": .string(slug.text), "client": .string(slug.text),
                "x5t": JSON(thumbprint?.description), "jti": JSON(tokenID), "kid": JSON(keyID),
            ]
        }
    }
}
