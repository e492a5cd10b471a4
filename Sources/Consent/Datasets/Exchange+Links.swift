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
        let dataset = try registry.read { try $0.requireDataset(id) }
        guard caller.acts(as: .provider, for: dataset.provider) else {
            throw ClientFault(
                .notFound, "dataset_unknown", "you have no dataset `\(id)`", field: "dataset", found: id.text)
        }
        guard case .column = dataset.ownerRule else {
            throw ClientFault(
                .conflict, "links_need_owner_column",
                "owner keys are linked in datasets with an owner column only",
                field: "dataset", found: "an owner rule `\(dataset.ownerRule.kind)`")
        }
        try Self.check(claims)
        return try await turnstile(of: id).alone {
            let lost = try self.registry.read { try self.losses(claims, in: id, $0) }
            let gates = self.gates.gates(ofDataset: id)
            let epochs = lost.isEmpty ? [] : gates.map { ($0.agreement.id, $0.narrow(nil, keys: lost)) }
            do {
                let recorded = try await self.widen { writer, _ in
                    for (agreement, epoch) in epochs { try writer.raiseEpoch(of: agreement, to: epoch) }
                    return try self.assert(claims, in: id, writer, by: caller)
                }
                for gate in gates {
                    gate.waitForBlockBorders()
                    if recorded.value > 0, let version = self.versions.current(of: id) {
                        try self.rebuild(gate, for: version)
                    }
                }
                return recorded
            } catch let fault as ClientFault {
                // Nothing was recorded, so nobody lost a key.
                if let version = self.versions.current(of: id) {
                    for gate in gates where !lost.isEmpty { try self.rebuild(gate, for: version) }
                }
                throw fault
            }
        }
    }

    private static func check(_ claims: [LinkClaim]) throws(ClientFault) {
        guard !claims.isEmpty else {
            throw ClientFault(
                .badInput, "links_missing", "there is no link", found: "[]", expected: "one or more links")
        }
        var seen: Set<String> = []
        for (index, claim) in claims.enumerated() {
            guard (1...1024).contains(claim.ownerKey.utf8.count) else {
                throw ClientFault(
                    .badInput, "bad_owner_key", "an owner key is empty or too long",
                    field: "[\(index)].owner_key", found: claim.ownerKey, expected: "1 to 1024 bytes")
            }
            guard seen.insert(claim.ownerKey).inserted else {
                throw ClientFault(
                    .badInput, "owner_key_twice", "an owner key is linked twice in one call",
                    field: "[\(index)].owner_key", found: claim.ownerKey, remedy: "name each key once")
            }
        }
    }

    /// The keys that pass from one owner to another or to nobody.
    private func losses(_ claims: [LinkClaim], in dataset: Slug, _ reader: RegistryReader) throws -> [String]
    {
        var owners: [String: Owner] = [:]
        try reader.forEachLink(of: dataset) { owners[$0.ownerKey] = $0.owner }
        return claims.compactMap { claim in
            guard let owner = owners[claim.ownerKey], owner != claim.owner else { return nil }
            return claim.ownerKey
        }
    }

    /// Records the claims. Who owns which key stays out of the log: the entry has a count and a commitment
    /// under a salt that only the registry's history could be matched with.
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
        let changed =
            changes.made.count
            + changes.ended.filter { ended in
                !changes.made.contains { $0.ownerKey == ended.ownerKey }
            }.count
        let event = AuditEvent(
            .linkChanged, by: caller.actor,
            ["dataset": .string(dataset.text), "links": .integer(Int64(changed))])
        return (changed, try writer.record(event))
    }
}
