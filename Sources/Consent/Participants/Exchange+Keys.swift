internal import AuditLog
internal import Cryptography
internal import Model
internal import Registry

/// The hub's own signing key changes without a pause.
extension Exchange {
    /// The hub signs with a new key from now on.
    ///
    /// - Parameter revokesFormer: whether what was signed before ends at once, by whatever key: then no token
    ///   of before is good any more, and streams under such tokens end. For a key that may be known to
    ///   somebody else.
    /// - Returns: the `kid` of the new key.
    public func rotateKey(revokesFormer: Bool, by caller: Caller) async throws -> Recorded<String> {
        try await keyLock.holding(0) {
            if !revokesFormer {
                try parts.log.requireWritable()
                try registry.read { try self.requireStanding(caller, $0) }
            }
            let old = try settledKey()
            let new = try PrivateKey.generate(.es256)
            try parts.keyStore.prepare(new)
            if revokesFormer {
                parts.keys.revokeAll()
                cutStreams { $0.keyID != new.publicKey.jwkThumbprint }
            }
            // If it fails the next key stays where it is: a commit that failed may be found on the disk, and
            // whoever settles next asks the registry.
            let committed = try commit { writer, now in
                if revokesFormer { try writer.revokeFormerKeys() }
                let number = try Self.record(
                    new, after: old, isRevoked: revokesFormer, caller.actor, writer, now)
                return (new.publicKey.jwkThumbprint, number)
            }
            try parts.keyStore.adopt()
            parts.keys.rotate(to: new, at: now)
            return revokesFormer ? await loggedIfPossible(committed) : try await logged(committed)
        }
    }

    private static func record(
        _ new: PrivateKey, after old: PrivateKey, isRevoked: Bool, _ actor: Actor, _ writer: RegistryWriter,
        _ now: Instant
    ) throws -> Int64 {
        try writer.insert(
            FormerKey(
                id: old.publicKey.jwkThumbprint, jwk: old.publicKey.jwk, retiredAt: now,
                isRevoked: isRevoked))
        return try writer.record(
            AuditEvent(
                .keyRotated, by: actor,
                [
                    "kid": .string(new.publicKey.jwkThumbprint), "jwk": new.publicKey.jwk,
                    "former_kid": .string(old.publicKey.jwkThumbprint), "former_jwk": old.publicKey.jwk,
                    "former_revoked": .bool(isRevoked),
                ]))
    }

    private func settledKey() throws -> PrivateKey {
        let former = Set(try registry.read { try $0.formerKeys() }.map(\.id))
        return try parts.keyStore.settle { former.contains($0) }
    }

    /// Takes the keys as registry and disk have them. Once, before the outbox is replayed.
    ///
    /// A key that signs although it is retired, as after going back to a copy of the keys, is replaced.
    public func loadKeys() throws {
        var current = try settledKey()
        let former = try registry.read { try $0.formerKeys() }
        if let retired = former.first(where: { $0.id == current.publicKey.jwkThumbprint }) {
            let new = try PrivateKey.generate(.es256)
            try parts.keyStore.prepare(new)
            _ = try commit { [current] writer, now in
                ((), try Self.record(new, after: current, isRevoked: retired.isRevoked, .hub, writer, now))
            }
            try parts.keyStore.adopt()
            current = new
        }
        parts.keys.load(
            current,
            former: try former.filter { !$0.isRevoked }.map {
                KeyRing.Former(id: $0.id, key: try PublicKey(jwk: $0.jwk), retiredAt: $0.retiredAt)
            })
    }
}
