internal import AuditLog
internal import Cryptography
public import Model
public import Registry
internal import Synchronization

/// Forgetting a person (promise 6).
///
/// What gives less acts first and needs no log: his grants end. Then providers get what they must still be
/// able to prove, and only then is he forgotten: in side files, in the search index, in the registry.
/// Whatever breaks off in between leaves a person who can be erased again.
extension Exchange {
    /// What came of an erasure.
    public struct Erasure: Sendable {
        /// What lies ready for providers, without the files.
        public var evidence: [Evidence]
        /// How many lines of side files were made unreadable.
        public var lines: Int
    }

    /// Grants given between the look at them and the erasure make it begin anew, so often.
    private static let attempts = 3

    /// Forgets a person, on his own wish or the operator's order.
    ///
    /// - Throws: `ClientFault` `unknown_person`, `last_operator`; `RetryableFault` while the log cannot be
    ///   written or searched: his grants have ended then all the same.
    public func erase(_ person: PersonID, by caller: Caller) async throws -> Recorded<Erasure> {
        try requireErasable(person, caller)
        for _ in 0..<Self.attempts {
            try await endGrants(of: person, by: caller)
            try parts.log.requireWritable()
            let evidence = try await self.evidence(of: person)
            let salt = try oldestSalt(of: person)
            let datasets = try registry.read { try $0.datasetsLinked(to: .person(person)) }
            for dataset in datasets { await endIdleUploads(of: dataset) }
            let lines = try await forgetReading(of: person)
            do {
                let recorded = try await narrow { writer, now in
                    guard try self.openGrants(of: person, writer).isEmpty else { throw GrantedMeanwhile() }
                    return try self.erase(person, evidence, salt, writer, by: caller, at: now)
                }
                try registry.forgetDeletedPages()
                for dataset in datasets { renewKeysSoon(of: dataset) }
                return Recorded(value: Erasure(evidence: evidence, lines: lines), entry: recorded.entry)
            } catch is GrantedMeanwhile {
                continue
            }
        }
        throw ClientFault(
            .conflict, "granted_meanwhile", "the person gives grants while he is being erased",
            remedy: "try again")
    }

    private struct GrantedMeanwhile: Error {}

    private func requireErasable(_ person: PersonID, _ caller: Caller) throws {
        guard caller.capacities.contains(.operator) || caller.owner == .person(person) else {
            throw ClientFault(.forbidden, "not_yours", "a person is erased by himself or by the operator")
        }
        try registry.read { reader in
            guard let found = try reader.person(person) else {
                throw ClientFault(
                    .notFound, "person_unknown", "there is no such person", field: "person",
                    found: person.description)
            }
            guard try found.role != .operator || reader.operators() > 1 else {
                throw ClientFault(
                    .conflict, "last_operator", "the hub would be left without an operator",
                    remedy: "add another operator first")
            }
        }
    }

    // MARK: Grants

    private func openGrants(of person: PersonID, _ reader: RegistryReader) throws -> [Grant] {
        var grants: [Grant] = []
        var cursor: String?
        repeat {
            let page = try reader.grants(ofOwner: .person(person), after: cursor, limit: 1000)
            grants += page.items.filter { [.given, .requested].contains($0.state) }
            cursor = page.next
        } while cursor != nil
        return grants
    }

    private func endGrants(of person: PersonID, by caller: Caller) async throws {
        let isOwn = caller.owner == .person(person)
        for grant in try registry.read({ try self.openGrants(of: person, $0) }) {
            let ending: Ending = isOwn ? (grant.state == .given ? .withdraw : .refuse) : .revoke
            do {
                _ = try await end(grant.id, by: ending, caller)
            } catch let fault as ClientFault where fault.code == "grant_state" {
                // It ended by itself in between.
                continue
            }
        }
    }

    // MARK: The registry

    private func erase(
        _ person: PersonID, _ evidence: [Evidence], _ salt: [UInt8]?, _ writer: RegistryWriter,
        by caller: Caller, at now: Instant
    ) throws -> (Void, Int64?) {
        for file in evidence { try writer.insert(file) }
        // Under a salt that older copies of the registry hold too: by it they know whom they must forget.
        let isOwn = caller.owner == .person(person)
        let event = AuditEvent(
            .personErased, by: isOwn ? .hub : caller.actor, persons: ["erased": person],
            salts: salt.map { [person: $0] } ?? [:])
        try writer.erase(person, heir: newID(at: now), covering: versions.firstNotBegun)
        return ((), try writer.record(event))
    }

    // MARK: Side files

    /// Makes the lines that name the person or his owner keys unreadable, in every side file and in the
    /// search index; those of streams that run still follow when they are written.
    ///
    /// - Returns: how many lines.
    private func forgetReading(of person: PersonID) async throws -> Int {
        let spans = try registry.read { try $0.spans(of: .person(person)) }
        let now = self.now
        forgotten.withLock { forgotten in
            for span in spans {
                let holding = Holding(span.ownerKey.key, span.ownerKey.period)
                forgotten[span.ownerKey.dataset, default: [:]][holding, default: []].append(
                    Forgotten(at: now, until: span.to))
            }
        }
        await sideFiles.waitForThoseUnderWay()
        try await parts.indexer.indexed(to: parts.log.size)
        var lines = 0
        var cursor: String?
        repeat {
            let page = try parts.index.accesses(of: spans, limit: 1000, after: cursor)
            for item in page.items { lines += try eraseDelivered(spans, in: item.entry) }
            cursor = page.next
        } while cursor != nil
        for dataset in Set(spans.map(\.ownerKey.dataset)) {
            lines += try eraseLinks(of: person, in: dataset)
        }
        try await parts.indexer.erase(spans)
        return lines
    }
}
