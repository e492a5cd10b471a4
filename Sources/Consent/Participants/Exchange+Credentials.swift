public import Model
public import Registry

/// Certificates and keys of organisations come and go without a pause: the new one first, then the old one.
extension Exchange {
    /// An organisation, and what it proves itself with.
    public struct Participant: Sendable {
        public var organisation: Organisation
        public var certificates: [Credential]
        public var keys: [ClientKey]
    }

    /// What is known of an organisation, for itself and the operator.
    public func participant(_ id: Slug, for caller: Caller) throws -> Participant {
        try Self.requireItself(id, caller)
        return try registry.read { reader in
            guard let organisation = try reader.organisation(id) else { throw Self.unknown(id) }
            guard organisation.state == .pending else {
                return Participant(
                    organisation: organisation, certificates: try reader.credentials(of: .organisation(id)),
                    keys: try reader.clientKeys(of: id))
            }
            let registration = try reader.registration(of: id)
            let proof = try registration.map { try ClientProof($0.proof) }
            // It may have expired since.
            let brought = try proof?.credentials(of: id, at: Instant(milliseconds: 0))
            return Participant(
                organisation: organisation, certificates: [brought?.0].compactMap(\.self),
                keys: brought?.1 ?? [])
        }
    }

    /// Gives an organisation another certificate or more keys.
    public func addCredential(_ proof: ClientProof, to id: Slug, by caller: Caller) async throws
        -> Recorded<Participant>
    {
        try Self.requireItself(id, caller)
        return try await participantLocks.holding(id) {
            let credentials = try proof.credentials(of: id, at: now)
            let recorded = try await widen(by: caller) { writer, _ in
                guard let organisation = try writer.organisation(id), organisation.state != .pending else {
                    throw Self.unknown(id)
                }
                let known = try writer.clientKeys(of: id)
                if !credentials.1.isEmpty { _ = try ParticipantBook.keySet(known + credentials.1) }
                try Self.insert(credentials, writer)
                let event = AuditEvent(
                    .credentialAdded, by: caller.actor,
                    ["organisation": .string(id.text)].merging(Self.credentialMembers(credentials)) { $1 })
                let participant = Participant(
                    organisation: organisation, certificates: try writer.credentials(of: .organisation(id)),
                    keys: known + credentials.1)
                return (participant, try writer.record(event))
            }
            try participants.add(
                credentials.0?.thumbprint, credentials.1, of: id, at: now)
            return recorded
        }
    }

    /// Takes a certificate or a key from an organisation: nobody comes in with it any more, the tokens that
    /// were taken with it are over, and streams under them end.
    public func removeCredential(_ thumbprint: Thumbprint, of id: Slug, by caller: Caller) async throws
        -> Recorded<Void>
    {
        try Self.requireItself(id, caller)
        return try await participantLocks.holding(id) {
            participants.remove(thumbprint, of: id)
            cutStreams { $0.client == id && $0.credentials.contains(thumbprint) }
            return try await narrow { writer, _ in
                guard try writer.deleteCredential(thumbprint, of: id) else {
                    throw ClientFault(
                        .notFound, "credential_unknown", "the organisation has no such credential",
                        field: "thumbprint", found: thumbprint.description)
                }
                let event = AuditEvent(
                    .credentialRemoved, by: caller.actor,
                    [
                        "organisation": .string(id.text), "credential": .string(thumbprint.description),
                    ])
                return ((), try writer.record(event))
            }
        }
    }

    /// The organisation itself and the operator may.
    private static func requireItself(_ id: Slug, _ caller: Caller) throws(ClientFault) {
        guard caller.capacities.contains(.operator) || caller.principal == .organisation(id) else {
            throw unknown(id)
        }
    }
}
