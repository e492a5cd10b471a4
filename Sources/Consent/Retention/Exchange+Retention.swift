internal import AuditLog
internal import MerkleLog
public import Model
internal import Registry

/// Retention: the log's oldest entries go, and the log says so.
extension Exchange {
    /// What a pruning takes, and what keeps it from taking more.
    public struct Pruning: Hashable, Sendable {
        /// The entries below this index go.
        public var minimumIndex: UInt64
        /// How many of them are there still.
        public var entries: UInt64
        /// Why entries before the time asked for stay, one sentence; nil if none do but for the last 255,
        /// as whole bundles go.
        public var heldBy: String?
    }

    /// What `prune` would do now.
    ///
    /// What must still be provable stays: nothing goes that came since the oldest request under which an
    /// agreement runs now or that may still be agreed, nor what the hub's witnesses have not cosigned yet.
    /// - Throws: `ClientFault` for a time to come; `LogError` if the log cannot be read.
    public func pruning(before instant: Instant) throws -> Pruning {
        let now = self.now
        guard instant <= now else {
            throw ClientFault(
                .badInput, "wrong_value", "what is to come cannot be pruned", field: "before",
                found: instant.description, expected: "a time up to \(now)")
        }
        let log = parts.log
        var limit = instant
        var heldBy: String?
        if let oldest = try registry.read({ try $0.oldestLiveRequest(at: now) }), oldest < limit {
            limit = oldest
            heldBy = "a request that is open, or under which an agreement runs, was made at \(oldest)"
        }
        var minimum = try log.minimumIndex(before: limit)
        if let witnessed = log.witnessedCheckpoint, witnessed.size < minimum {
            minimum = witnessed.size / 256 * 256
            heldBy = "the witnesses vouch for \(witnessed.size) entries only"
        }
        minimum = max(minimum, log.minimumIndex)
        return Pruning(minimumIndex: minimum, entries: minimum - log.minimumIndex, heldBy: heldBy)
    }

    /// Takes out of the log what came before `instant`, for ever: first the log states it, then side files
    /// and salts of those entries go, then the entries.
    ///
    /// Whatever stops it, it can be asked for again.
    /// - Throws: as `pruning`, `nothing_to_prune`, and `LogError` if a file cannot be removed.
    public func prune(before instant: Instant, by caller: Caller) async throws -> Recorded<Pruning> {
        let plan = try pruning(before: instant)
        guard plan.entries > 0 else {
            throw ClientFault(
                .conflict, "nothing_to_prune",
                "no 256 entries in a row are there that came before that time and may go"
                    + (plan.heldBy.map { ": \($0)" } ?? ""),
                field: "before", found: instant.description)
        }
        let log = parts.log
        let event = AuditEvent(
            .logPruned, by: caller.actor,
            [
                "minimum_index": .integer(Int64(clamping: plan.minimumIndex)),
                "root": .string(try log.root(ofFirst: plan.minimumIndex).base64),
            ])
        let recorded = try await widen { writer, _ in (plan, try writer.record(event)) }
        guard let entry = recorded.entry else { return recorded }
        _ = try await log.published(covering: entry)
        let range = log.minimumIndex..<plan.minimumIndex
        try await Offload.run { try self.forgetPeople(in: range) }
        try await log.prune(statedBy: entry)
        // Searching passes over what is gone; the index need not be anew before this is answered.
        Task { try? await self.parts.indexer.rebuild { _ in } }
        return recorded
    }

    /// The side files of other entries that entries from this one on share. They stay: the last entry that
    /// shares one takes it along. Of an answer that was taken back nobody asks for the file.
    private func sideFilesShared(from start: UInt64) throws -> Set<String> {
        var reader = parts.log.entryReader
        var (names, first): ([UInt64: String], Instant?) = ([:], nil)
        for index in start..<max(start, reader.size) {
            let entry = try JSON.parse(reader.entry(at: index))
            if entry["side"] != nil, let name = entry.sideFileName { names[index] = name }
            if let corrected = entry["corrects"]?.integer { names[UInt64(clamping: corrected)] = nil }
            guard let time = entry["at"]?.string.flatMap({ Instant($0) }) else { continue }
            // Nobody begins to share a file later than that after the entry that it was made for, nor waits
            // as long again for a client that does not read.
            if let first, time > first.adding(seconds: 2 * AccessEntries.sharingSeconds) { break }
            first = first ?? time
        }
        return Set(names.values)
    }

    /// Removes the side files of these entries, and the salts with which persons stand in them.
    private func forgetPeople(in range: Range<UInt64>) throws {
        var reader = parts.log.entryReader
        let shared = try sideFilesShared(from: range.upperBound)
        var nonces: [[UInt8]] = []
        for index in range {
            let entry = try JSON.parse(reader.entry(at: index))
            // A decision names the side file of its completion, which may stay.
            let ownsFile =
                entry["delivered"] != nil || entry["type"]?.string == EntryType.linkChanged.rawValue
            if ownsFile, let name = entry.sideFileName, !shared.contains(name) {
                parts.log.removeSideFile(stream: name)
            }
            // The first salt of a person stays, so that his erasure can be told to any copy of hub.db.
            if entry["type"]?.string != EntryType.personAdded.rawValue,
                let nonce = entry["nonce"]?.string.flatMap({ Base64.decodeURL($0) })
            {
                nonces.append(nonce)
            }
            if nonces.count == 1000 || index + 1 == range.upperBound {
                try registry.write(at: now) { [nonces] in try $0.forgetSalts(ofEntries: nonces) }
                nonces = []
            }
        }
        try registry.forgetDeletedPages()
    }
}
