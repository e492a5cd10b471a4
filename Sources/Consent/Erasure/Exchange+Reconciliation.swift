internal import AuditLog
internal import Cryptography
internal import Model
internal import Registry

/// A registry that is older than the log beside it, as after going back to a copy.
extension Exchange {
    /// What the log told and the registry had not yet.
    public struct Reconciliation: Hashable, Sendable {
        /// How many entries of changes the registry lacked.
        public var entries = 0
        /// How many persons were forgotten again.
        public var persons = 0
        /// How many grants ended again.
        public var grants = 0
    }

    /// Brings a registry up to a log that knows more, as far as it gives less: whoever was erased is erased
    /// again, and grants that were changed or ended since do not flow. What widened since is not made again.
    /// Once, before `start` and before the outbox is replayed.
    ///
    /// - Returns: nil if the registry is no older than the log.
    public func reconcile() throws -> Reconciliation? {
        let last = parts.log.lastNumberAtOpening
        let newest = try registry.read { try $0.newestNumber() }
        guard newest < last else { return nil }
        let missing = try parts.log.entries(numberedAfter: newest).map { try JSON.parse($0) }
        let result = try registry.write(at: now) { writer in
            var result = Reconciliation(entries: missing.count)
            for entry in missing {
                switch entry["type"]?.string.flatMap({ EntryType(rawValue: $0) }) {
                case .personErased: result.persons += try self.eraseAgain(entry, writer)
                case .grantGiven, .grantAmended, .grantRefused, .grantWithdrawn, .grantRevoked, .grantExpired:
                    result.grants += try self.endAgain(entry, writer)
                case .some(let type): try self.narrowAgain(type, entry, writer)
                case nil: break
                }
            }
            try writer.continueNumbers(after: last)
            return result
        }
        if result.persons > 0 { try registry.forgetDeletedPages() }
        return result
    }

    /// Erases the person whose salt, which only this older copy still has, opens the commitment of an
    /// erasure.
    private func eraseAgain(_ entry: JSON, _ writer: RegistryWriter) throws -> Int {
        guard let nonce = entry["nonce"]?.string.flatMap({ Base64.decodeURL($0) }),
            let erased = entry["erased"]?.string
        else { return 0 }
        for person in try writer.saltedPersons() {
            let id = Array(person.description.utf8)
            let isHe = try writer.salts(of: person).contains { known in
                Base64.encodeURL(SHA256.hash(known.salt + nonce + id)) == erased
            }
            guard isHe else { continue }
            try writer.erase(person, heir: newID(at: now))
            return 1
        }
        return 0
    }

    /// Takes back what the log tells was taken back: agreements, organisations, credentials, tokens.
    private func narrowAgain(_ type: EntryType, _ entry: JSON, _ writer: RegistryWriter) throws {
        let agreement = entry["agreement"]?.string.flatMap { AgreementID($0) }
        let organisation = entry["organisation"]?.string.flatMap { Slug($0) }
        let time = entry["at"]?.string.flatMap { Instant($0) } ?? now
        switch type {
        case .agreementEnded: if let agreement { try writer.end(agreement, at: time, reason: nil) }
        case .organisationSuspended:
            // One that was added meanwhile is not here, and does not take part.
            guard let organisation, try writer.organisation(organisation)?.state == .active else { return }
            try writer.set(.suspended, of: organisation, reason: nil)
        case .credentialRemoved:
            let credential = entry["credential"]?.string.flatMap { Thumbprint(text: $0) }
            if let organisation, let credential {
                _ = try writer.deleteCredential(credential, of: organisation)
            }
        case .processorsChanged:
            guard let agreement, let known = try writer.agreement(agreement) else { return }
            let told = Set(entry["processors"]?.array?.compactMap(\.string) ?? [])
            let left = known.processors.filter { told.contains($0.text) }
            try writer.setProcessors(of: agreement, to: left)
        case .tokenRevoked:
            let end = entry["expires_at"]?.string.flatMap { Instant($0) }
            if let token = entry["token"]?.string, let end, end > now {
                try writer.revokeToken(token, expiresAt: end)
            }
        case .keyRotated:
            guard let id = entry["former_kid"]?.string, let jwk = entry["former_jwk"],
                let successor = entry["kid"]?.string
            else { return }
            let isRevoked = entry["former_revoked"] == true
            if isRevoked { try writer.revokeFormerKeys() }
            try writer.insert(
                FormerKey(
                    id: id, jwk: jwk, retiredAt: time, successor: successor, isRevoked: isRevoked))
        default: break
        }
    }

    /// Ends a grant that the log tells of and that this copy still holds for live; one that was given or
    /// amended meanwhile has to be given again.
    private func endAgain(_ entry: JSON, _ writer: RegistryWriter) throws -> Int {
        guard let id = entry["grant"]?.string.flatMap({ GrantID($0) }), var grant = try writer.grant(id),
            let state = entry["state"]?.string.flatMap({ Grant.State(rawValue: $0) })
        else { return 0 }
        let wasLive = grant.state == .given
        grant.state = state == .given ? .requested : state
        if state == .given { grant.fields = [] }
        try writer.update(grant)
        return wasLive ? 1 : 0
    }
}
