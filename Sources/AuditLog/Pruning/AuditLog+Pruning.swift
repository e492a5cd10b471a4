internal import MerkleLog
public import Model

/// Retention: the first entries of a log are taken out of it, and it says so itself.
extension AuditLog {
    /// The entries below this index were pruned; 0 if none were. It is known again after a restart.
    public var minimumIndex: UInt64 { retention.minimumIndex }

    /// The largest minimum index, a multiple of 256, such that all entries below it have a time before
    /// `instant`. Never below the present one.
    ///
    /// It looks for the border by halving, because times ascend but for moments: an entry has the time of its
    /// event, which may be a little older than what was appended before it. So the bundles just below the
    /// border are all looked at, and an entry without a time counts as one of today.
    /// - Throws: as `entry(at:)`.
    public func minimumIndex(before instant: Instant) throws(LogError) -> UInt64 {
        var reader = entryReader
        let first = minimumIndex >> 8
        // A log that follows another opens with an entry of the day on which it did, before older ones: it
        // says after what, and goes when it is old itself.
        if first == 0, reader.size > 0 {
            let opening = try reader.entry(at: 0)
            guard let time = EntryStamp(opening).time(in: opening), time < instant else { return 0 }
        }
        var (old, young) = (first, max(first, reader.size >> 8))
        while old < young {
            let middle = old + (young - old) / 2
            if try reader.isBefore(instant, bundle: middle) { old = middle + 1 } else { young = middle }
        }
        var looked = old
        while looked > first, old - looked < Self.bundlesLookedAt {
            looked -= 1
            if try !reader.isBefore(instant, bundle: looked) { old = looked }
        }
        return old << 8
    }

    /// Many times what a hub appends while one event waits for its place.
    private static let bundlesLookedAt: UInt64 = 64

    /// Removes, for ever, the entries that a published entry `log.pruned` speaks of: bundles, tiles that no
    /// later proof needs, and segments of the journal. Side files are not touched.
    ///
    /// It holds up no commit. It may be called again, and has to be after it failed: `finishPruning`.
    ///
    /// - Parameter index: of the entry, which states `minimum_index` and the `root` of what lies below.
    /// - Throws: `LogError` `unstated_pruning` if the entry is not published or does not state the root of
    ///   those entries; then nothing was changed. `file_operation` if a file could not be removed.
    public func prune(statedBy index: UInt64) async throws(LogError) {
        try await onSide { () -> Result<Void, LogError> in
            do throws(LogError) {
                try self.retention.begin(at: try self.base(statedBy: index))
                return .success(try self.retention.removeFiles())
            } catch {
                return .failure(error)
            }
        }.get()
    }

    /// Removes what a pruning that was cut short has left; to be called once after opening.
    ///
    /// - Throws: `LogError` `file_operation` if a file could not be removed.
    public func finishPruning() async throws(LogError) {
        try await onSide { () -> Result<Void, LogError> in
            do throws(LogError) { return .success(try self.retention.removeFiles()) } catch {
                return .failure(error)
            }
        }.get()
    }

    /// - Throws: `pruned_entries` for an entry that is gone.
    func requireUnpruned(_ index: UInt64) throws(LogError) {
        let minimum = minimumIndex
        guard index >= minimum else {
            throw LogError(
                .prunedEntries, "entry \(index) was pruned: the log holds none below \(minimum) any more")
        }
    }

    /// The state from which a start goes on without the entries that are to be removed.
    private func base(statedBy index: UInt64) throws(LogError) -> SyncedState {
        if let failure { throw failure }
        guard index < publishedCheckpoint.size,
            let statement = PruningStatement(entry: index, try entry(at: index))
        else {
            throw LogError(.unstatedPruning, "entry \(index) is no published entry that states a pruning")
        }
        let frontier: Frontier
        do {
            frontier = try self.frontier(ofFirst: statement.minimumIndex)
        } catch let error as LogError {
            throw error
        } catch {
            throw LogError(.missingEntries, "the tiles of \(statement.minimumIndex) entries: \(error)")
        }
        guard frontier.root == statement.root else {
            throw LogError(
                .unstatedPruning,
                "entry \(index) states another root of the first \(statement.minimumIndex) entries")
        }
        // Number and time may be of later entries: the journal, which holds those, is replayed from there.
        let synced = sequencer.synced
        return SyncedState(
            size: frontier.size, hashes: frontier.hashes, lastNumber: synced.lastNumber,
            newestTime: synced.newestTime)
    }
}

extension EntryReader {
    /// Whether all 256 entries of a bundle have a time before `instant`.
    fileprivate mutating func isBefore(_ instant: Instant, bundle: UInt64) throws(LogError) -> Bool {
        for index in bundle << 8..<(bundle + 1) << 8 {
            let entry = try entry(at: index)
            guard let time = EntryStamp(entry).time(in: entry), time < instant else { return false }
        }
        return true
    }
}
