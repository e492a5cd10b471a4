public import AuditLog
internal import MerkleLog
public import Model

extension Exchange {
    /// How entries are written for other programs.
    public enum ExportFormat: String, CaseIterable, Sendable {
        /// One JSON object a line, with the entry as the log holds it.
        case jsonl
        /// A table, safe for spreadsheets.
        case csv
        /// Events of the Open Cybersecurity Schema Framework, one a line.
        case ocsf
    }

    /// An export that may begin.
    public struct Export: Sendable {
        /// The entries below this index are in it, as far as they are asked for and visible.
        public var indexedTo: UInt64
        /// The entry that tells of this lookup, if it was one of a single owner.
        public var viewed: UInt64?
        /// Begins it; each call begins another one.
        public var begin: @Sendable () -> EntryExport
    }

    /// The entries that a query finds and the caller may see, oldest first, whole: it ends where the index
    /// reached when it was asked for.
    ///
    /// - Parameters:
    ///   - owner: as for `entries`: to look up somebody else is itself an entry.
    ///   - withProofs: each line of `jsonl` then has the entry's proof.
    /// - Throws: as `entries`, and `proofs_need_jsonl`.
    public func export(
        _ query: EntryQuery, of owner: Owner?, as format: ExportFormat, withProofs: Bool, by caller: Caller
    ) async throws -> Export {
        guard !withProofs || format == .jsonl else {
            throw ClientFault(
                .badInput, "proofs_need_jsonl", "only the format jsonl has room for proofs", field: "proofs",
                found: format.rawValue, expected: ExportFormat.jsonl.rawValue)
        }
        var (query, viewed) = try await seen(query, of: owner, by: caller)
        query.order = .oldestFirst
        let (log, index) = (parts.log, parts.index)
        let published = log.publishedCheckpoint
        let encoder = try Self.encoder(format, log: log, published: published, withProofs: withProofs)
        let end = min(published.size, try index.entries(query, limit: 1, after: nil).indexedTo)
        return Export(indexedTo: end, viewed: viewed) { [query] in
            var cursor: String?
            var isLast = false
            return log.export(as: encoder) {
                if isLast { return nil }
                let page = try index.entries(query, limit: 1000, after: cursor)
                cursor = page.next
                // What came since is for the next export.
                let indexes = page.indexes.filter { $0 < end && $0 >= log.minimumIndex }
                isLast = page.next == nil || page.indexes.contains { $0 >= end }
                return indexes
            }
        }
    }

    private static func encoder(
        _ format: ExportFormat, log: AuditLog, published: PublishedCheckpoint, withProofs: Bool
    ) throws -> any EntryEncoder {
        switch format {
        case .jsonl where withProofs: JSONLinesEncoder { try log.proof(of: $0, under: published) }
        case .jsonl: JSONLinesEncoder()
        case .csv: CSVEncoder()
        case .ocsf:
            OCSFEncoder(
                checkpoint: try Checkpoint.open(
                    note: Array(published.note.utf8), of: NoteVerifier(vkey: log.vkey)),
                productVersion: Release.version)
        }
    }
}
