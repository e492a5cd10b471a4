internal import DataPlane
internal import Model
internal import PolicyEngine
internal import Registry

extension Exchange {
    /// Epochs that are never used again after a stop, in each agreement.
    ///
    /// A running hub may raise an epoch without recording it: when a grant expires, or when widenings end in
    /// another order than they were recorded. Streams have seen those epochs, and a later change must not get
    /// one of them. There are never more of them than changes under way at once.
    private static let epochGap: Int64 = 10_000

    /// Opens the current version of every dataset and builds the gates of all live agreements from the
    /// grants. Once, before a listener opens.
    ///
    /// - Returns: what the operator should know: why nobody can tell how often agreements were read that may
    ///   be read so often only.
    @discardableResult
    public func start() async throws -> (any Error)? {
        let now = self.now
        let (current, agreements) = try registry.write(at: now) { writer in
            try writer.raiseLiveEpochs(by: Self.epochGap)
            return (try writer.currentVersions(), try writer.liveAgreements(at: now))
        }
        try registry.read { try self.participants.load($0, at: now) }
        try parts.datasets.sweep(keeping: current.mapValues { [$0] })
        try parts.datasets.sweepReleases(keeping: Set(agreements.map(\.id)))
        for (dataset, version) in current {
            let opened = try parts.datasets.open(dataset: dataset, version: version)
            let described = try registry.read { try $0.requireDataset(dataset) }
            if let upstream = described.upstream {
                let isAllowed = isAllowed(upstream, for: described)
                versions.connect(
                    dataset, .init(version: version, upstream: upstream, isAllowed: isAllowed))
                // The first reader must not do it on a thread that serves calls.
                _ = try await Offload.run { try opened.connectedOwners() }
            }
            versions.replace(dataset, with: opened)
            try await divide(opened)
        }
        for agreement in agreements { try await open(agreement) }
        let failure = try await Offload.run { self.countReads() }
        for dataset in current.keys {
            mergeSoon(dataset)
            renewKeysSoon(of: dataset)
        }
        return failure
    }

    /// Builds the gate of an agreement. The caller lets no widening run meanwhile.
    func open(_ agreement: Agreement) async throws {
        let purposes = parts.policies.purposes
        let policy = try CompiledPolicy(agreement.policy, purposes: purposes)
        let dataset = try registry.read { try $0.requireDataset(agreement.dataset) }
        let offer = try CompiledPolicy(dataset.offer, purposes: purposes)
        let gate = AgreementGate(
            agreement, of: dataset,
            layers: parts.policies.guardrails + [.offer(offer), .agreement(policy)],
            policyDigest: policyDigest(of: agreement),
            releaseFile: parts.datasets.releases(of: agreement.id, in: agreement.dataset))
        gates.insert(gate)
        // Whoever changed something before the gate was there did not find it.
        try await processorLocks.holding(agreement.id) {
            let current = try registry.read { try $0.requireAgreement(agreement.id) }
            gate.processors = Set(current.processors)
            if current.endedAt != nil { gate.close(.ended) }
        }
        for party in [agreement.provider, agreement.consumer] {
            await participantLocks.holding(party) {
                if participants.isActive(party) {
                    gate.reopen(.suspended(party))
                } else {
                    gate.close(.suspended(party))
                }
            }
        }
        if let version = versions.current(of: agreement.dataset) {
            if let releases = gate.releaseFile.load(for: version.identity) { gate.restore(releases) }
            try await rebuild([(gate, gate.beginRebuild())], for: version)
        }
    }

    /// Builds the filters of agreements for a version from the registry, and puts them in place.
    ///
    /// - Parameter version: nil while the dataset has none: there is nothing to build.
    /// - Throws: the first error; every gate was tried. One that failed goes on with the filter it has.
    func rebuild(_ gates: [(AgreementGate, Rebuild)], for version: StoredVersion?) async throws {
        var failure: (any Error)?
        for (gate, rebuild) in gates {
            guard let version else {
                gate.abandon(rebuild)
                continue
            }
            do {
                try await self.rebuild(gate, for: version, rebuild)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// The same where rows or links have changed, so that keys may be divided otherwise.
    func rebuild(_ gates: [(AgreementGate, Rebuild)], forDivided version: StoredVersion?) async throws {
        do {
            if let version { try await divide(version) }
        } catch {
            for (gate, rebuild) in gates { gate.abandon(rebuild) }
            throw error
        }
        try await rebuild(gates, for: version)
    }

    /// Finds out anew how keys of a version are divided by time; filters that are built from now on know it.
    /// The caller lets no link change meanwhile.
    func divide(_ version: StoredVersion) async throws {
        let dataset = version.identity.dataset
        try await Offload.run {
            var divisions: [Tenancies.Division] = []
            let timeColumn = try self.registry.read { reader in
                try reader.forEachLink(of: dataset) { link in
                    guard let period = link.period else { return }
                    if divisions.last?.ownerKey.utf8.elementsEqual(link.ownerKey.utf8) == true {
                        divisions[divisions.count - 1].periods.append(period)
                    } else {
                        divisions.append(Tenancies.Division(ownerKey: link.ownerKey, periods: [period]))
                    }
                }
                return try reader.requireDataset(dataset).timeColumn
            }
            self.versions.divide(dataset, Tenancies(of: version, timeColumn: timeColumn, divisions))
        }
    }

    private func rebuild(_ gate: AgreementGate, for version: StoredVersion, _ rebuild: Rebuild) async throws {
        do {
            try await Offload.run {
                let filter = VersionFilter(version: version, tenancies: self.versions.tenancies(of: version))
                let now = self.now
                let expiries = try self.registry.read {
                    try self.fill(filter, of: gate.agreement, without: rebuild.ending, at: now, $0)
                }
                gate.install(filter, rebuild, expiries: expiries, at: now)
            }
        } catch {
            gate.abandon(rebuild)
            throw error
        }
    }

    /// Builds a gate's filter anew after a narrowing that changed nothing: what it took flows again.
    ///
    /// Alone, and not while the log cannot be written, so that no grant is released whose entry is not in
    /// it: then the rows stay out.
    func rebuildAlone(_ gate: AgreementGate) async throws {
        let dataset = gate.agreement.dataset
        try await turnstile(of: dataset).alone {
            guard self.isLogWritable else { return }
            try await self.rebuild([(gate, gate.beginRebuild())], for: self.versions.current(of: dataset))
        }
    }

    private func fill(
        _ filter: VersionFilter, of agreement: Agreement, without ending: Set<Owner>,
        at now: Instant, _ reader: RegistryReader
    ) throws -> [ExpiryQueue.Item] {
        let dataset = try reader.requireDataset(agreement.dataset)
        var links: [Owner: [OwnerLink]] = [:]
        try reader.forEachLink(of: dataset.id) { links[$0.owner, default: []].append($0) }
        if case .single(let owner) = dataset.ownerRule {
            links = [owner: [OwnerLink(ownerKey: "", owner: owner)]]
        }
        var nobody: ReleaseHistory?
        var expiries: [ExpiryQueue.Item] = []
        try reader.forEachLiveGrant(of: agreement.id, at: now) { grant in
            guard !ending.contains(grant.owner) else { return }
            let scopes = Self.scopes(
                links: links[grant.owner] ?? [], keys: grant.ownerKeys, fields: grant.fieldIDs)
            try filter.set(scopes, noting: &nobody)
            if let end = grant.validUntil {
                expiries.append(ExpiryQueue.Item(grant: grant.id, at: end, scopes: scopes))
            }
        }
        return expiries
    }

    /// What a grant releases of the keys that are linked to its owner.
    ///
    /// - Parameters:
    ///   - keys: those it covers; nil for all.
    ///   - fields: their ids.
    static func scopes(links: [OwnerLink], keys: [String]?, fields: [String]) -> [OwnerScope] {
        let chosen = keys.map { Set($0.map { Array($0.utf8) }) }
        return links.filter { chosen?.contains(Array($0.ownerKey.utf8)) ?? true }.map {
            OwnerScope(holding: Holding($0), sinceVersion: $0.sinceVersion, fields: fields)
        }
    }

    /// The keys of a dataset that are this owner's, or are for a time.
    func links(of owner: Owner, in dataset: Dataset, _ reader: RegistryReader) throws -> [OwnerLink] {
        if case .single(owner) = dataset.ownerRule { return [OwnerLink(ownerKey: "", owner: owner)] }
        return try reader.links(of: dataset.id, owner: owner)
    }
}
