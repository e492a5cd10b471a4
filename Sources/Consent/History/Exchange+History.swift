internal import AuditLog
internal import MerkleLog
public import Model
internal import Registry

/// What parties, owners, auditors and supervisors see of the log, each what names him.
extension Exchange {
    /// An entry with what proves it.
    public struct EntryItem: Sendable {
        public var index: UInt64
        /// Canonical JSON.
        public var entry: [UInt8]
        /// A C2SP `.tlog-proof`.
        public var proof: String
    }

    public struct EntryList: Sendable {
        public var items: [EntryItem]
        public var next: String?
        public var indexedTo: UInt64
        /// The entry that tells of this lookup, if it was one of a single owner.
        public var viewed: UInt64?
    }

    /// The entries that a query finds and the caller may see: a supervisor all, an owner those that name him,
    /// everybody else those that name his organisation.
    ///
    /// - Parameter owner: only entries of this owner. To look up somebody else is itself an entry, which that
    ///   owner sees, and is in the log before the answer leaves.
    public func entries(
        _ query: EntryQuery, of owner: Owner?, limit: Int, cursor: String?, by caller: Caller
    ) async throws -> EntryList {
        let (query, viewed) = try await seen(query, of: owner, by: caller)
        let page = try parts.index.entries(query, limit: limit, after: cursor)
        var reader = parts.log.entryReader
        // The index may still know what was pruned a moment ago.
        let items = try page.indexes.filter { $0 >= parts.log.minimumIndex }.map { index in
            EntryItem(
                index: index, entry: try reader.entry(at: index), proof: try parts.log.proof(of: index).text)
        }
        return EntryList(items: items, next: page.next, indexedTo: page.indexedTo, viewed: viewed)
    }

    /// The query narrowed to what the caller may see, and the entry that tells of the lookup of an owner.
    func seen(_ query: EntryQuery, of owner: Owner?, by caller: Caller) async throws -> (
        EntryQuery, viewed: UInt64?
    ) {
        var query = query
        var owner = owner
        if !caller.capacities.contains(.supervisor) {
            // Staff without a role at it see of their organisation what anybody does: nothing.
            let seesOrganisation = !caller.capacities.isDisjoint(with: [.auditor, .provider, .consumer])
            let isOrganisation = if case .organisation = caller.principal { true } else { false }
            if seesOrganisation || isOrganisation, let organisation = caller.organisation?.id {
                query.visibleTo = organisation
            } else {
                guard owner == nil || owner == caller.owner else {
                    throw ClientFault(
                        .forbidden, "not_yours", "an owner sees the entries that name him", field: "owner")
                }
                owner = caller.owner
            }
        }
        try narrow(&query, to: owner)
        return (query, try await note(owner, by: caller))
    }

    private func narrow(_ query: inout EntryQuery, to owner: Owner?) throws {
        switch owner {
        case .organisation(let slug): query.owner = slug
        case .person(let id):
            query.nonces = Set(try registry.read { try $0.salts(of: id) }.map(\.nonce))
        case nil: break
        }
    }

    /// Records that somebody looked an owner up; nothing if he looked himself up.
    private func note(_ owner: Owner?, by caller: Caller) async throws -> UInt64? {
        guard let owner, owner != caller.owner else { return nil }
        var event = AuditEvent(.historyViewed, by: caller.actor)
        switch owner {
        case .organisation(let slug): event.members["owner"] = .string(slug.text)
        case .person(let id): event.persons["owner"] = id
        }
        // With its salts in the registry, so that the owner finds it.
        return try await widen { writer, _ in
            if case .person(let id) = owner, try writer.person(id) == nil { return ((), nil) }
            return ((), try writer.record(event))
        }.entry
    }

    // MARK: Reading histories

    /// One access in which rows of the caller went, or may have gone.
    public struct Access: Sendable {
        public var item: AccessItem
        /// The completion entry, or the decision of a stream without an end.
        public var entry: JSON
        public var proof: String
    }

    public struct AccessList: Sendable {
        public var items: [Access]
        public var next: String?
        public var indexedTo: UInt64
    }

    /// Every access in which rows of the caller were delivered, newest first; what nobody can tell is listed
    /// as unknown.
    public func accesses(of caller: Caller, limit: Int, cursor: String?) throws -> AccessList {
        let spans = try registry.read { reader in
            try reader.spans(of: caller.owner)
                + reader.datasetsOwned(by: caller.owner).map { OwnerSpan(LinkedKey(dataset: $0, key: "")) }
        }
        let page = try parts.index.accesses(of: spans, limit: limit, after: cursor)
        var reader = parts.log.entryReader
        let items = try page.items.filter { $0.entry >= parts.log.minimumIndex }.map { item in
            Access(
                item: try checked(item, JSON.parse(reader.entry(at: item.entry))),
                entry: try JSON.parse(reader.entry(at: item.entry)),
                proof: try parts.log.proof(of: item.entry).text)
        }
        return AccessList(items: items, next: page.next, indexedTo: page.indexedTo)
    }

    /// The index was filled from a side file that held; if that is gone since, nobody can tell any more.
    private func checked(_ item: AccessItem, _ entry: JSON) throws -> AccessItem {
        guard case .known = item.rows, let name = entry.sideFileName,
            !parts.log.hasSideFile(stream: name)
        else { return item }
        var unknown = item
        unknown.rows = .unknown(.missing)
        return unknown
    }
}
