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

        /// Two spans of one key may overlap: its rows went once.
        mutating func add(_ owner: Int64, _ rows: Int, _ names: [String]) {
            rowsByOwner[owner] = rows
            fields += names.filter { !fields.contains($0) }
        }

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
        var neighbours: [Int64: [CrowdMember]] = [:]
        for span in spans {
            try collect(span, before: end, limit: limit + 1, into: &accounts)
            guard let owner = try reader.owner(span.ownerKey) else { continue }
            try collectKnown(span, owner, before: end, limit: limit + 1, into: &accounts)
            neighbours[DeliveryChunk.number(of: owner), default: []].append(CrowdMember(owner, span))
        }
        for (number, members) in neighbours {
            try collectCrowds(number, of: members, before: end, limit: limit + 1, into: &accounts)
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
        let dataset = span.ownerKey.dataset
        // As of what is known: a read may have ended long after its key passed on.
        let condition = SpanCondition(span)
        for access in try reader.unknown(of: dataset, in: 0..<end, of: condition, limit: limit) {
            accounts[access.entry, default: Account(dataset: dataset)].unknown = access.reason
        }
    }

    private func collectKnown(
        _ span: OwnerSpan, _ owner: Int64, before end: Int64, limit: Int,
        into accounts: inout [UInt64: Account]
    ) throws {
        // A read may have ended long after its key passed on.
        let condition = SpanCondition(span)
        for delivery in try reader.deliveries(of: owner, in: 0..<end, of: condition, limit: limit) {
            accounts[delivery.entry, default: Account(dataset: span.ownerKey.dataset)].add(
                owner, delivery.rows, delivery.fields)
        }
    }

    /// Chunks at once: each holds some kilobytes.
    private static let crowdsAtOnce = 64

    /// Accesses to the rows of very many, which are read once for all owners of a chunk.
    private func collectCrowds(
        _ number: Int64, of members: [CrowdMember], before end: Int64, limit: Int,
        into accounts: inout [UInt64: Account]
    ) throws {
        let places = Dictionary(grouping: members, by: \.place)
        var names: [Int64: [String]] = [:]
        var (before, found) = (end, 0)
        while found < limit {
            let crowds = try reader.crowds(number, in: 0..<max(0, before), limit: Self.crowdsAtOnce)
            // Most of what others read is of another time than what is asked for.
            for crowd in crowds
            where found < limit && members.contains(where: { $0.isMeant(in: crowd) }) {
                var items: [(CrowdMember, DeliveryChunk.Item)] = []
                try crowd.visit { place, item in
                    for member in places[place] ?? [] where member.isMeant(in: crowd) {
                        items.append((member, item))
                    }
                }
                for (member, item) in items {
                    let fields = try names[item.fields] ?? reader.fieldNames(item.fields)
                    names[item.fields] = fields
                    accounts[UInt64(clamping: crowd.entry), default: Account(dataset: member.dataset)].add(
                        member.owner, item.rows, fields)
                }
                if !items.isEmpty { found += 1 }
            }
            guard crowds.count == Self.crowdsAtOnce, let last = crowds.last else { return }
            before = last.entry
        }
    }
}
