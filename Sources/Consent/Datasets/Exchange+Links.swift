internal import AuditLog
internal import Cryptography
public import Model
internal import Registry

extension Exchange {
    /// One line of what a provider asserts: this key is this owner's, or nobody's.
    public struct LinkClaim: Sendable {
        public var ownerKey: String
        public var owner: Owner?
        /// Of which time the rows are; nil for all. Only in a dataset with a time column.
        public var period: DataSpan?

        public init(ownerKey: String, owner: Owner?, period: DataSpan? = nil) {
            self.ownerKey = ownerKey
            self.owner = owner
            self.period = period
        }
    }

    /// Links owner keys to owners. Keys that are not named stay as they are; of one that is named, for
    /// several times too, no other link stays.
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
        try Self.check(claims, timeColumn: dataset.timeColumn)
        await endIdleUploads(of: id)
        let recorded = try await turnstile(of: id).alone {
            try await self.linkAlone(claims, in: id, by: caller)
        }
        do { try await renewKeys(of: id) } catch {
            // The links are recorded, which must be told; their rows are held back meanwhile.
            versions.noteUnrenewed(id)
        }
        return recorded
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
        try await rebuild(changes.map { ($0.gate, $0.rebuild) }, forDivided: versions.current(of: id))
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
            rebuild = gate.beginRebuild(after: narrowing)
        }

        func order(_ writer: RegistryWriter) throws {
            _ = gate.order(narrowing)
            try writer.raiseEpoch(of: gate.agreement.id, to: rebuild.epoch)
        }
    }

    private static func check(_ claims: [LinkClaim], timeColumn: String?) throws(ClientFault) {
        guard !claims.isEmpty else {
            throw ClientFault(
                .badInput, "links_missing", "there is no link", found: "[]", expected: "one or more links")
        }
        // Keys are bytes: two ways to write one letter are two keys, though Swift takes them for equal.
        var places: [[UInt8]: [Int]] = [:]
        for (index, claim) in claims.enumerated() {
            guard (1...1024).contains(claim.ownerKey.utf8.count) else {
                throw ClientFault(
                    .badInput, "bad_owner_key", "an owner key is empty or too long",
                    field: "[\(index)].owner_key", found: claim.ownerKey, expected: "1 to 1024 bytes")
            }
            try checkPeriod(of: claim, at: index, timeColumn: timeColumn)
            places[Array(claim.ownerKey.utf8), default: []].append(index)
        }
        let several = places.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
        for own in several { try checkApart(own, of: claims) }
    }

    /// How many links a key may have at once: so many are compared with each other.
    private static let maximumPeriods = 1000

    private static func checkApart(_ places: [Int], of claims: [LinkClaim]) throws(ClientFault) {
        guard places.count <= maximumPeriods else {
            throw ClientFault(
                .badInput, "too_many_times", "an owner key is linked for too many times",
                field: "[\(places[maximumPeriods])].owner_key", found: String(places.count),
                expected: "at most \(maximumPeriods) links of a key")
        }
        var seen: [DataSpan] = []
        for (number, place) in places.enumerated() {
            guard let period = claims[place].period, !seen.contains(where: period.overlaps) else {
                // The first of them may be the one without a time.
                let index = number == 0 ? places[1] : place
                throw ClientFault(
                    .badInput, "owner_key_twice",
                    "an owner key is linked twice in one call for the same time",
                    field: "[\(index)].owner_key", found: claims[index].ownerKey,
                    remedy: "name each key once, or for times that do not overlap")
            }
            seen.append(period)
        }
    }

    private static func checkPeriod(
        of claim: LinkClaim, at index: Int, timeColumn: String?
    ) throws(ClientFault) {
        guard let period = claim.period else { return }
        let (field, end) = period.from.map { ("from", $0) } ?? ("to", period.to)
        func refuse(_ code: String, _ message: String, remedy: String) -> ClientFault {
            ClientFault(
                .badInput, code, message, field: "[\(index)].\(field)", found: end?.description,
                remedy: remedy)
        }
        guard timeColumn != nil else {
            throw refuse(
                "link_time", "a link has times only in a dataset with a time column", remedy: "leave it empty"
            )
        }
        guard claim.owner != nil else {
            throw refuse(
                "link_time", "a key that becomes nobody's does so for all times", remedy: "leave it empty")
        }
        if let from = period.from, let to = period.to, from >= to {
            throw refuse(
                "link_time", "a link ends before it begins",
                remedy: "give a `from` that is before `to`, the first moment behind it")
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

    /// The links that end: those of named keys that are not named again.
    private func losses(
        _ claims: [LinkClaim], in dataset: Slug, _ reader: RegistryReader
    ) throws -> [OwnerLink] {
        var named: Set<Holding> = []
        var kept: [Holding: Owner] = [:]
        for claim in claims {
            named.insert(Holding(claim.ownerKey))
            kept[Holding(claim.ownerKey, claim.period)] = claim.owner
        }
        var lost: [OwnerLink] = []
        try reader.forEachLink(of: dataset) { link in
            guard named.contains(Holding(link.ownerKey)), kept[Holding(link)] != link.owner else { return }
            lost.append(link)
        }
        return lost
    }

    /// Writes the side file that says which keys became whose, and whose they no longer are.
    private func keep(_ changes: LinkChanges, stream: String) throws -> [UInt8] {
        func line(_ link: OwnerLink, isLinked: Bool) -> [String: JSON] {
            let line: [String: JSON] = [
                "key": .string(link.ownerKey), "owner": .string(link.owner.description),
                "linked": .bool(isLinked),
            ]
            return line.merging(link.period?.members ?? [:]) { $1 }
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
        try requireStanding(caller, writer)
        try requireOwners(of: claims, writer)
        let changes = try writer.assertLinks(
            claims.map { LinkAssertion(ownerKey: $0.ownerKey, owner: $0.owner, period: $0.period) },
            in: dataset, covering: versions.firstNotBegun(of: dataset))
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
