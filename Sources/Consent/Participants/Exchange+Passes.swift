internal import Cryptography
public import Model
internal import Registry

extension Exchange {
    /// Throws if something has ended that a pass depends on.
    ///
    /// A stream asks once more after it is known to the gate: whatever ended before that is seen here, and
    /// what ends later ends the stream.
    public func requireStanding(_ pass: Pass, _ claim: Claim) throws(PassFault) {
        guard let client = participants.organisation(pass.client) else { throw .clientUnknown }
        guard client.state == .active else { throw .clientSuspended }
        let holds = pass.credentials.allSatisfy { participants.has(pass.client, $0, since: pass.issuedAt) }
        guard holds else { throw .credentialRemoved }
        guard !participants.isRevoked(token: pass.tokenID) else { throw .tokenRevoked }
        guard parts.keys.has(pass.keyID) else { throw .keyRevoked }
        // Without a gate there is no agreement: that is for the decision to say.
        if pass.client != claim.consumer, let gate = gates.gate(of: claim.agreement) {
            guard gate.processors.contains(pass.client) else { throw .notProcessor }
        }
    }

    /// As long as it stays the same, whatever a pass depends on does too: whoever `requireStanding` let in
    /// still stands. To be read before that is asked.
    public var standing: Int { participants.generation &+ parts.keys.generation }

    /// Whether a read with this pass would be decided by policy and grants, and nothing else stands in its
    /// way.
    public func isActive(_ pass: Pass, _ claim: Claim) -> Bool {
        guard (try? requireStanding(pass, claim)) != nil, let gate = gates.gate(of: claim.agreement) else {
            return false
        }
        return gate.isInForce(at: now) && !gate.isSuspended
    }

    /// Takes a token back before its time: nobody reads with it any more, and streams under it end.
    ///
    /// - Parameters:
    ///   - details: members of its entry, such as what it was for.
    ///   - actor: whose token it is.
    public func revoke(
        token id: String, of client: Slug, under agreement: AgreementID, expiresAt: Instant,
        _ details: [String: JSON], by actor: Actor
    ) async throws -> Recorded<Void> {
        participants.revoke(token: id, expiresAt: expiresAt, at: now)
        gates.gate(of: agreement)?.cutStreams { $0.client == client && $0.tokenID == id }
        return try await narrow { writer, _ in
            try writer.revokeToken(id, expiresAt: expiresAt)
            let members: [String: JSON] = [
                "token": .string(id), "client": .string(client.text),
                "expires_at": .string(expiresAt.description),
            ]
            return (
                (), try writer.record(AuditEvent(.tokenRevoked, by: actor, members.merging(details) { $1 }))
            )
        }
    }
}
