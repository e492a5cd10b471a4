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
            // What could not be revoked before is revoked now, whatever is asked for.
            let revokes = revokesFormer || parts.keys.keys.isRevoked
            if revokes {
                parts.keys.revokeAll()
                cutStreams { _ in true }
            } else {
                try parts.log.requireWritable()
                try registry.read { try self.requireStanding(caller, $0) }
            }
            let old = try readableKey()
            let new = try PrivateKey.generate(.es256)
            try parts.keyStore.prepare(new)
            // If it fails the next key stays where it is: a commit that failed may be found on the disk, and
            // whoever settles next asks the registry.
            let committed = try commit { writer, now in
                if revokes { try writer.revokeFormerKeys() }
                let number = try Self.record(
                    new, after: old, isRevoked: revokes, caller.actor, writer, now)
                return (new.publicKey.jwkThumbprint, number)
            }
            parts.keys.rotate(to: new, at: now)
            // If that fails the next start does it.
            try parts.keyStore.adopt()
            return revokes ? await loggedIfPossible(committed) : try await logged(committed)
        }
    }

    private static func record(
        _ new: PrivateKey, after old: PrivateKey, isRevoked: Bool, _ actor: Actor, _ writer: RegistryWriter,
        _ now: Instant
    ) throws -> Int64 {
        try writer.insert(
            FormerKey(
                id: old.publicKey.jwkThumbprint, jwk: old.publicKey.jwk, retiredAt: now,
                successor: new.publicKey.jwkThumbprint, isRevoked: isRevoked))
        return try writer.record(
            AuditEvent(
                .keyRotated, by: actor,
                [
                    "kid": .string(new.publicKey.jwkThumbprint), "jwk": new.publicKey.jwk,
                    "former_kid": .string(old.publicKey.jwkThumbprint), "former_jwk": old.publicKey.jwk,
                    "former_revoked": .bool(isRevoked),
                ]))
    }

    private func readableKey() throws -> PrivateKey {
        do {
            return try settledKey()
        } catch let fault as ClientFault {
            // Its files are the operator's affair, and no fault of the call.
            throw RetryableFault("disk_failed", "the key could not be read", cause: fault.description)
        }
    }

    private func settledKey() throws -> PrivateKey {
        let former = try registry.read { try $0.formerKeys() }
        let successors = Dictionary(former.map { ($0.id, $0.successor) }, uniquingKeysWith: { $1 })
        return try parts.keyStore.settle { successors[$0] }
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
