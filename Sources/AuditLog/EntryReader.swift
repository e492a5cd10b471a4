internal import MerkleLog

/// Reads entries of the published log, from its bundles; keeps the last bundle, so that neighbours cost
/// nothing.
///
/// It trusts the files: whoever can change `log/` can show other entries here, and every proof of them fails.
public struct EntryReader {
    private let log: AuditLog
    /// How many entries are read: those of the published checkpoint when the reader was made.
    public let size: UInt64
    private var bundle: (index: UInt64, entries: [[UInt8]])?

    init(_ log: AuditLog, size: UInt64) {
        self.log = log
        self.size = size
    }

    /// The bytes of an entry.
    ///
    /// - Throws: `LogError` `pruned_entries`, `missing_entries`, or what reading the file throws.
    public mutating func entry(at index: UInt64) throws(LogError) -> [UInt8] {
        try log.requireUnpruned(index)
        let number = index / UInt64(TilePath.fullWidth)
        let offset = Int(index % UInt64(TilePath.fullWidth))
        if let bundle, bundle.index == number, offset < bundle.entries.count { return bundle.entries[offset] }
        guard index < size else {
            throw LogError(.missingEntries, "the published log has \(size) entries, and none at \(index)")
        }
        let first = number * UInt64(TilePath.fullWidth)
        let width = Int(min(UInt64(TilePath.fullWidth), size - first))
        let entries = try read(.entries(index: number, width: width))
        bundle = (number, entries)
        return entries[offset]
    }

    private func read(_ path: TilePath) throws(LogError) -> [[UInt8]] {
        let entries: [[UInt8]]
        do {
            guard let bytes = try log.publishedFile(path) else {
                // It may have gone since the reader looked.
                try log.requireUnpruned(path.index * UInt64(TilePath.fullWidth))
                throw LogError(.missingEntries, "`\(path)` is missing")
            }
            entries = try EntryBundle.decode(bytes)
        } catch let error as LogError {
            throw error
        } catch {
            throw LogError(.missingEntries, "`\(path)` is damaged: \(error)")
        }
        guard entries.count == path.width else {
            throw LogError(
                .missingEntries, "`\(path)` holds \(entries.count) entries instead of \(path.width)")
        }
        return entries
    }
}

extension AuditLog {
    /// Reads what is published now.
    public var entryReader: EntryReader { EntryReader(self, size: publishedCheckpoint.size) }

    /// An entry of the published log.
    ///
    /// - Throws: `LogError` `missing_entries` if there is none, `pruned_entries` if it was pruned, or what
    ///   reading its bundle throws.
    public func entry(at index: UInt64) throws(LogError) -> [UInt8] {
        var reader = entryReader
        return try reader.entry(at: index)
    }

    /// Entries of the published log, all in memory; many are better read one by one with `entryReader`.
    ///
    /// - Throws: as `entry(at:)`.
    public func entries(in range: Range<UInt64>) throws(LogError) -> [[UInt8]] {
        var reader = entryReader
        var entries: [[UInt8]] = []
        for index in range { entries.append(try reader.entry(at: index)) }
        return entries
    }
}

extension AuditLog {
    /// The entries with an outbox number above `number`, oldest first, from the published log.
    ///
    /// Numbers ascend, so it reads back from the end only as far as it must.
    /// - Throws: as `entry(at:)`; `pruned_entries` too if some of them were pruned.
    public func entries(numberedAfter number: Int64) throws(LogError) -> [[UInt8]] {
        var reader = entryReader
        var found: [[UInt8]] = []
        var index = reader.size
        var next: Int64?
        while index > minimumIndex {
            index -= 1
            let entry = try reader.entry(at: index)
            guard let own = EntryStamp(entry).number else { continue }
            if own <= number { return found.reversed() }
            found.append(entry)
            next = own
        }
        // Numbers have no gaps: if the one after `number` is not here, it was pruned.
        guard minimumIndex == 0 || next ?? lastNumberAtOpening + 1 <= number + 1 else {
            throw LogError(
                .prunedEntries,
                "the entries with outbox numbers after \(number) were pruned in part: put a newer hub.db back"
            )
        }
        return found.reversed()
    }
}
