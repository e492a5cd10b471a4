internal import DataPlane
internal import Model
internal import PolicyEngine
internal import Registry

extension Exchange {
    /// Opens the current version of every dataset and builds the gates of all live agreements from the
    /// grants. Once, before a listener opens.
    public func start() async throws {
        let now = self.now
        let (current, agreements) = try registry.read { reader in
            (try reader.currentVersions(), try reader.liveAgreements(at: now))
        }
        try parts.datasets.sweep(keeping: current.mapValues { [$0] })
        for (dataset, version) in current {
            versions.replace(dataset, with: try parts.datasets.open(dataset: dataset, version: version))
        }
        for var agreement in agreements where agreement.isLive(at: now) {
            // Epochs that no change has recorded may have been seen by streams before the stop.
            if agreement.epoch > 0 { agreement.epoch += 1 }
            try await open(agreement)
        }
    }

    /// Builds the gate of an agreement. The caller lets no widening run meanwhile.
    func open(_ agreement: Agreement) async throws {
        let purposes = parts.policies.purposes
        let policy = try CompiledPolicy(agreement.policy, purposes: purposes)
        let dataset = try registry.read { try $0.requireDataset(agreement.dataset) }
        let offer = try CompiledPolicy(dataset.offer, purposes: purposes)
        let gate = AgreementGate(
            agreement,
            layers: parts.policies.guardrails + [.offer(offer), .agreement(policy)],
            policyDigest: policyDigest(of: agreement))
        gates.insert(gate)
        if let version = versions.current(of: agreement.dataset) { try rebuild(gate, for: version) }
    }

    /// Builds the filter of an agreement for a version from the registry, and puts it in place.
    func rebuild(_ gate: AgreementGate, for version: StoredVersion) throws {
        let rebuild = gate.beginRebuild()
        do {
            let filter = VersionFilter(version: version)
            let expiries = try registry.read { try self.fill(filter, of: gate.agreement, $0) }
            gate.install(filter, rebuild, expiries: expiries)
        } catch {
            gate.abandonRebuild(rebuild)
            throw error
        }
    }

    private func fill(
        _ filter: VersionFilter, of agreement: Agreement, _ reader: RegistryReader
    ) throws -> [ExpiryQueue.Item] {
        let dataset = try reader.requireDataset(agreement.dataset)
        var links: [Owner: [OwnerLink]] = [:]
        try reader.forEachLink(of: dataset.id) { links[$0.owner, default: []].append($0) }
        if case .single(let owner) = dataset.ownerRule {
            links = [owner: [OwnerLink(ownerKey: "", owner: owner)]]
        }
        let now = self.now
        var expiries: [ExpiryQueue.Item] = []
        try reader.forEachLiveGrant(of: agreement.id, at: now) { grant in
            let scopes = Self.scopes(
                links: links[grant.owner] ?? [], keys: grant.ownerKeys, fields: grant.fields)
            try filter.set(scopes)
            if let end = grant.validUntil {
                expiries.append(ExpiryQueue.Item(grant: grant.id, at: end, keys: scopes.map(\.key)))
            }
        }
        return expiries
    }

    /// What a grant releases of the keys that are linked to its owner.
    ///
    /// - Parameter keys: those it covers; nil for all.
    static func scopes(links: [OwnerLink], keys: [String]?, fields: [String]) -> [OwnerScope] {
        let chosen = keys.map(Set.init)
        return links.filter { chosen?.contains($0.ownerKey) ?? true }.map {
            OwnerScope(key: $0.ownerKey, sinceVersion: $0.sinceVersion, fields: fields)
        }
    }

    /// The keys of a dataset that are this owner's.
    func links(of owner: Owner, in dataset: Dataset, _ reader: RegistryReader) throws -> [OwnerLink] {
        if case .single(owner) = dataset.ownerRule { return [OwnerLink(ownerKey: "", owner: owner)] }
        return try reader.links(of: dataset.id, owner: owner)
    }
}
