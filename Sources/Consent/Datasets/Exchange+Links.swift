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
        let lost = Restriction.everything(of: try registry.read { try losses(claims, in: id, $0) })
        let changes = gates.gates(ofDataset: id).map { (gate: $0, narrowing: $0.narrow(nil, lost)) }
        var rebuilds: [Rebuild] = []
        let committed: Committed<Int>
        do {
            committed = try commit { writer, _ in
                for (gate, narrowing) in changes {
                    _ = gate.order(narrowing)
                    rebuilds.append(gate.beginRebuild())
                    try writer.raiseEpoch(of: gate.agreement.id, to: rebuilds[rebuilds.count - 1].epoch)
                }
                return try self.assert(claims, in: id, writer, by: caller)
            }
        } catch let fault as ClientFault {
            // Nothing was recorded, so nobody lost a key.
            for (gate, rebuild) in zip(changes.map(\.gate), rebuilds) { gate.abandon(rebuild) }
            for (gate, narrowing) in changes { gate.settle(narrowing) }
            if !lost.isEmpty { try await rebuildGates(ofDataset: id) }
            throw fault
        } catch {
            for (gate, rebuild) in zip(changes.map(\.gate), rebuilds) { gate.abandon(rebuild) }
            for (gate, narrowing) in changes { gate.hold(narrowing) }
            throw error
        }
        let recorded: Recorded<Int>
        do {
            recorded = try await logged(committed)
        } catch {
            // What was lost stays out; what was gained waits for the log, which a restart brings back.
            for (gate, rebuild) in zip(changes.map(\.gate), rebuilds) { gate.abandon(rebuild) }
            for (gate, narrowing) in changes { gate.hold(narrowing) }
            throw error
        }
        for ((gate, narrowing), rebuild) in zip(changes, rebuilds) {
            gate.settle(narrowing)
            if let version = versions.current(of: id) { try await self.rebuild(gate, for: version, rebuild) }
            gate.waitForBlockBorders()
        }
        return recorded
    }

    private func rebuildGates(ofDataset id: Slug) async throws {
        guard let version = versions.current(of: id) else { return }
        for gate in gates.gates(ofDataset: id) { try await rebuild(gate, for: version, gate.beginRebuild()) }
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

    /// Records the claims. Who owns which key stays out of the log: the entry tells how many links changed.
    private func assert(
        _ claims: [LinkClaim], in dataset: Slug, _ writer: RegistryWriter, by caller: Caller
    ) throws -> (Int, Int64?) {
        for (index, claim) in claims.enumerated() {
            if let owner = claim.owner, try !writer.exists(owner) {
                throw ClientFault(
                    .notFound, "owner_unknown", "there is no such owner", field: "[\(index)].owner",
                    found: owner.description, remedy: "add the organisation or person first")
            }
        }
        let changes = try writer.assertLinks(
            claims.map { LinkAssertion(ownerKey: $0.ownerKey, owner: $0.owner) }, in: dataset)
        // A key that passes from one owner to another both ends and begins a link, and is one change.
        let keys = Set((changes.made + changes.ended).map { Array($0.ownerKey.utf8) })
        let event = AuditEvent(
            .linkChanged, by: caller.actor,
            ["dataset": .string(dataset.text), "links": .integer(Int64(keys.count))])
        return (keys.count, try writer.record(event))
    }
}
