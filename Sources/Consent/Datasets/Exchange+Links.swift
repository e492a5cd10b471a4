internal import AuditLog
internal import Cryptography
public import Model
internal import Registry

extension Exchange {
    /// One line of what a provider asserts: this key is this owner's, or nobody's.
    public struct LinkClaim: Sendable {
        public var ownerKey: String
        public var owner: Owner?

        public init(ownerKey: String, owner: Owner?) {
            self.ownerKey = ownerKey
            self.owner = owner
        }
    }

    /// Links owner keys to owners. Keys that are not named stay as they are.
    ///
    /// A key that passes to another owner, or to nobody, narrows: its rows stop flowing before anything is
    /// recorded. The new owner's grants release it in versions published later, never in older rows.
    ///
    /// - Returns: how many links changed.
    public func link(_ claims: [LinkClaim], in id: Slug, by caller: Caller) async throws -> Recorded<Int> {
        let dataset = try registry.read { try self.ownDataset(id, of: caller, $0) }
        guard case .column = dataset.ownerRule else {
            throw ClientFault(
                .conflict, "links_need_owner_column",
                "owner keys are linked in datasets with an owner column only",
                field: "dataset", found: "an owner rule `\(dataset.ownerRule.kind)`")
        }
        try Self.check(claims)
        return try await turnstile(of: id).alone { try await self.linkAlone(claims, in: id, by: caller) }
    }

    private func linkAlone(
        _ claims: [LinkClaim], in id: Slug, by caller: Caller
    ) async throws -> Recorded<Int> {
        try parts.log.requireWritable()
        let lost = try registry.read { reader in
            try self.requireOwners(of: claims, reader)
            return Restriction.everything(of: try self.losses(claims, in: id, reader))
        }
        let changes = gates.gates(ofDataset: id).map { LinkedGate($0, losing: lost) }
        let stream = Base64.encodeURL(SecureRandom.bytes(16))
        let recorded: Recorded<Int>
        do {
            let committed = try await Offload.run {
                try self.commit { writer, _ in
                    for change in changes { try change.order(writer) }
                    return try self.assert(claims, in: id, writer, by: caller, stream: stream)
                }
            }
            recorded = try await logged(committed)
        } catch {
            if error is ClientFault { parts.log.removeSideFile(stream: stream) }
            try await giveUp(changes, in: id, after: error)
            throw error
        }
        let named = Set(claims.map { Array($0.ownerKey.utf8) })
        for change in changes { change.gate.succeed(change.narrowing, of: named) }
        try await rebuild(changes.map { ($0.gate, $0.rebuild) }, for: versions.current(of: id))
        for change in changes { change.gate.waitForBlockBorders() }
        return recorded
    }

    /// What was lost stays out, unless nothing was recorded, so that nobody lost a key.
    ///
    /// If the log failed after the commit, what was gained waits for it: a restart brings both back.
    private func giveUp(_ changes: [LinkedGate], in id: Slug, after error: any Error) async throws {
        for change in changes { change.gate.abandon(change.rebuild) }
        guard error is ClientFault, isLogWritable else {
            for change in changes { change.gate.hold(change.narrowing) }
            return
        }
        for change in changes { change.gate.settle(change.narrowing) }
        try await rebuild(
            changes.map { ($0.gate, $0.gate.beginRebuild()) }, for: versions.current(of: id))
    }

    /// A gate of the dataset while its links change.
    private struct LinkedGate: Sendable {
        let gate: AgreementGate
        let narrowing: Narrowing
        let rebuild: Rebuild

        init(_ gate: AgreementGate, losing lost: [Restriction]) {
            self.gate = gate
            narrowing = gate.narrow(nil, lost)
            rebuild = gate.beginRebuild()
        }

        func order(_ writer: RegistryWriter) throws {
            _ = gate.order(narrowing)
            try writer.raiseEpoch(of: gate.agreement.id, to: rebuild.epoch)
        }
    }

    private static func check(_ claims: [LinkClaim]) throws(ClientFault) {
        guard !claims.isEmpty else {
            throw ClientFault(
                .badInput, "links_missing", "there is no link", found: "[]", expected: "one or more links")
        }
        // Keys are bytes: two ways to write one letter are two keys, though Swift takes them for equal.
        var seen: Set<[UInt8]> = []
        for (index, claim) in claims.enumerated() {
            guard (1...1024).contains(claim.ownerKey.utf8.count) else {
                throw ClientFault(
                    .badInput, "bad_owner_key", "an owner key is empty or too long",
                    field: "[\(index)].owner_key", found: claim.ownerKey, expected: "1 to 1024 bytes")
            }
            guard seen.insert(Array(claim.ownerKey.utf8)).inserted else {
                throw ClientFault(
                    .badInput, "owner_key_twice", "an owner key is linked twice in one call",
                    field: "[\(index)].owner_key", found: claim.ownerKey, remedy: "name each key once")
            }
        }
    }

    private func requireOwners(of claims: [LinkClaim], _ reader: RegistryReader) throws {
        for (index, claim) in claims.enumerated() {
            guard let owner = claim.owner, try !reader.exists(owner) else { continue }
            throw ClientFault(
                .notFound, "owner_unknown", "there is no such owner", field: "[\(index)].owner",
                found: owner.description, remedy: "add the organisation or person first")
        }
    }

    /// The keys that pass from one owner to another or to nobody.
    private func losses(_ claims: [LinkClaim], in dataset: Slug, _ reader: RegistryReader) throws -> [String]
    {
        var owners: [[UInt8]: Owner] = [:]
        try reader.forEachLink(of: dataset) { owners[Array($0.ownerKey.utf8)] = $0.owner }
        return claims.compactMap { claim in
            guard let owner = owners[Array(claim.ownerKey.utf8)], owner != claim.owner else { return nil }
            return claim.ownerKey
        }
    }

    /// Writes the side file that says which keys became whose, and whose they no longer are.
    private func keep(_ changes: LinkChanges, stream: String) throws -> [UInt8] {
        func line(_ link: OwnerLink, isLinked: Bool) -> [String: JSON] {
            [
                "key": .string(link.ownerKey), "owner": .string(link.owner.description),
                "linked": .bool(isLinked),
            ]
        }
        let file = SideFile(
            changes.ended.map { line($0, isLinked: false) } + changes.made.map { line($0, isLinked: true) },
            random: SecureRandom.bytes)
        do {
            try parts.log.write(file, stream: stream)
        } catch {
            throw RetryableFault(
                "side_file_unavailable", "the list of links cannot be kept at the moment; try again later",
                cause: "\(error)")
        }
        return file.commitment
    }

    /// Records the claims. Who owns which key stays out of the log: the entry has a count and the commitment
    /// to a side file.
    private func assert(
        _ claims: [LinkClaim], in dataset: Slug, _ writer: RegistryWriter, by caller: Caller,
        stream: String
    ) throws -> (Int, Int64?) {
        try requireOwners(of: claims, writer)
        let changes = try writer.assertLinks(
            claims.map { LinkAssertion(ownerKey: $0.ownerKey, owner: $0.owner) }, in: dataset)
        // A key that passes from one owner to another both ends and begins a link, and is one change.
        let keys = Set((changes.made + changes.ended).map { Array($0.ownerKey.utf8) })
        let commitment = try keep(changes, stream: stream)
        let owners: JSON = [
            "count": .integer(Int64(changes.made.count + changes.ended.count)),
            "commitment": .string(Base64.encodeURL(commitment)),
        ]
        let event = AuditEvent(
            .linkChanged, by: caller.actor,
            [
                "dataset": .string(dataset.text), "links": .integer(Int64(keys.count)), "owners": owners,
                "stream": .string(stream),
            ])
        return (keys.count, try writer.record(event))
    }
}
