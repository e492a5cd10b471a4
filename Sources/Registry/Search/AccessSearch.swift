internal import Model

/// Answers one query for the accesses to the rows of owner keys.
struct AccessSearch {
    private static let list = "accesses"

    private let reader: SearchReader
    private let spans: [OwnerSpan]

    init(_ reader: SearchReader, _ spans: [OwnerSpan]) {
        self.reader = reader
        self.spans = spans
    }

    /// What one entry adds up to over the owner keys asked for.
    private struct Account {
        var dataset: Slug
        var rowsByOwner: [Int64: Int] = [:]
        var fields: [String] = []
        var unknown: UnknownDelivery?

        var rows: AccessItem.Rows {
            if let unknown { return .unknown(unknown) }
            // A damaged file must not stop the hub.
            let sum = rowsByOwner.values.reduce(0) { sum, rows in
                let (next, overflow) = sum.addingReportingOverflow(rows)
                return overflow ? .max : next
            }
            return .known(sum, fields: fields)
        }
    }

    /// Of each span as many as fit the page are read: what is newest in all is newest in its own.
    ///
    /// - Throws: `bad_limit` or `bad_cursor`.
    func page(limit: Int, after cursor: String?) throws -> AccessPage {
        try Cursor.check(limit: limit)
        let size = try reader.size()
        let last = try Cursor.key(cursor, list: Self.list) { UInt64(canonical: $0) }
        let end = Int64(min(last ?? size, size))
        var accounts: [UInt64: Account] = [:]
        for span in spans {
            try collect(span, before: end, limit: limit + 1, into: &accounts)
            try collectKnown(span, before: end, limit: limit + 1, into: &accounts)
        }
        let found = accounts.keys.sorted(by: >)
        let shown = found.prefix(limit)
        let items = shown.compactMap { entry in
            accounts[entry].map { AccessItem(entry: entry, dataset: $0.dataset, rows: $0.rows) }
        }
        let next =
            found.count > limit ? shown.last.map { Cursor.text(list: Self.list, key: String($0)) } : nil
        return AccessPage(items: items, next: next, indexedTo: size)
    }

    /// Accesses of which nobody knows whose rows went, in the span's time.
    private func collect(
        _ span: OwnerSpan, before end: Int64, limit: Int, into accounts: inout [UInt64: Account]
    ) throws {
        let time = TimeWindow(from: span.from, to: span.to)
        guard let chunks = try reader.chunks(in: time) else { return }
        let first = Int64(EntryChunk.range(chunks.lowerBound).lowerBound)
        let entries = first..<max(first, min(end, Int64(EntryChunk.range(chunks.upperBound).upperBound)))
        let dataset = span.ownerKey.dataset
        for access in try reader.unknown(of: dataset, in: entries, at: time, limit: limit) {
            accounts[access.entry, default: Account(dataset: dataset)].unknown = access.reason
        }
    }

    private func collectKnown(
        _ span: OwnerSpan, before end: Int64, limit: Int, into accounts: inout [UInt64: Account]
    ) throws {
        let dataset = span.ownerKey.dataset
        guard let owner = try reader.owner(span.ownerKey) else { return }
        // A read may have ended long after its key passed on.
        for delivery in try reader.deliveries(of: owner, in: 0..<end, of: SpanCondition(span), limit: limit) {
            var account = accounts[delivery.entry] ?? Account(dataset: dataset)
            // Two spans of one key may overlap: its rows went once.
            account.rowsByOwner[owner] = delivery.rows
            account.fields += delivery.fields.filter { !account.fields.contains($0) }
            accounts[delivery.entry] = account
        }
    }
}
