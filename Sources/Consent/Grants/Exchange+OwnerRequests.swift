public import Model
public import Registry

extension Exchange {
    /// What an owner is asked, and what he answered.
    public struct OwnerRequest: Sendable {
        public var request: AccessRequest
        public var agreement: Agreement
        public var grant: Grant
        /// The owner's keys in the dataset.
        public var ownerKeys: [String]
    }

    /// The agreements that touch rows of the caller, each with his grant.
    ///
    /// Every linked owner has a grant in state Requested; its identifier is fixed, and its entry written,
    /// when he first sees it here.
    public func ownerRequests(of caller: Caller, limit: Int, cursor: String?) async throws -> Page<
        OwnerRequest
    > {
        let owner = caller.owner
        let page = try registry.read { try $0.agreements(touching: owner, after: cursor, limit: limit) }
        let isNew = try registry.read { reader in
            try page.items.contains {
                try $0.isLive(at: self.now) && reader.currentGrant(of: $0.id, owner: owner) == nil
            }
        }
        if isNew {
            do {
                try await listFirst(page.items, caller)
            } catch is RetryableFault {
                // What is new shows when the log is back. What is there must show now: its owner may have
                // come to withdraw it.
            }
        }
        return try registry.read { reader in
            Page(
                items: try page.items.compactMap { try self.ownerRequest($0, owner, reader) }, next: page.next
            )
        }
    }

    /// Fixes the grants of agreements that this owner sees for the first time.
    private func listFirst(_ agreements: [Agreement], _ caller: Caller) async throws {
        _ = try await widen { writer, now in
            var last: Int64?
            for agreement in agreements
            where try agreement.isLive(at: now)
                && writer.currentGrant(of: agreement.id, owner: caller.owner) == nil
            {
                let grant = Grant(
                    id: newID(at: now), agreement: agreement.id, owner: caller.owner, state: .requested,
                    changedAt: now)
                try writer.insert(grant)
                last = try writer.record(Self.event(.grantRequested, grant, agreement, epoch: nil, by: .hub))
            }
            return ((), last)
        }
    }

    /// Each key once, though it may be his for several times; the links are sorted by key.
    private static func keys(of links: [OwnerLink]) -> [String] {
        links.reduce(into: []) { keys, link in
            if keys.last?.utf8.elementsEqual(link.ownerKey.utf8) != true { keys.append(link.ownerKey) }
        }
    }

    private func ownerRequest(
        _ agreement: Agreement, _ owner: Owner, _ reader: RegistryReader
    ) throws -> OwnerRequest? {
        guard let request = try reader.request(agreement.request),
            let grant = try reader.currentGrant(of: agreement.id, owner: owner)
        else { return nil }
        let dataset = try reader.requireDataset(agreement.dataset)
        return OwnerRequest(
            request: request, agreement: agreement, grant: grant,
            ownerKeys: Self.keys(of: try links(of: owner, in: dataset, reader)))
    }
}
