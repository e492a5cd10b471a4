import Model
import Testing

/// Answers queries by going through the plain list.
struct NaiveSearch {
    let hub: HubEntries

    func entries(_ query: EntryQuery) -> [UInt64] {
        let found = hub.facts.indices.filter { matches(hub.facts[$0], query) }.map { UInt64($0) }
        return query.order == .newestFirst ? found.reversed() : found
    }

    private func matches(_ fact: HubEntries.Fact, _ query: EntryQuery) -> Bool {
        func says(_ member: String, _ text: String?) -> Bool {
            text == nil || fact.json[member]?.string == text
        }
        let nonce = fact.json["nonce"]?.string.flatMap { Base64.decodeURL($0) }
        return says("dataset", query.dataset?.text) && says("purpose", query.purpose?.iri)
            && says("decision", query.decision?.rawValue) && says("grant", query.grant?.description)
            && says("type", query.type)
            && (query.organisation.map { fact.names.contains($0.text) } ?? true)
            && (query.visibleTo.map { fact.names.contains($0.text) } ?? true)
            && (query.owner.map { fact.owners.contains($0.text) } ?? true)
            && (query.from.map { from in fact.at.map { $0 >= from } ?? false } ?? true)
            && (query.to.map { to in fact.at.map { $0 < to } ?? false } ?? true)
            && (query.nonces.map { nonces in fact.namesPerson && nonce.map(nonces.contains) == true } ?? true)
    }

    func accesses(of spans: [OwnerSpan]) -> [AccessItem] {
        hub.accesses.filter { !$0.isTakenBack }.sorted { $0.entry > $1.entry }.compactMap { access in
            let ours = spans.filter { span in
                span.ownerKey.dataset.text == access.dataset && (span.from.map { access.at >= $0 } ?? true)
                    && (span.to.map { access.at < $0 } ?? true)
            }
            guard !ours.isEmpty, let dataset = Slug(access.dataset) else { return nil }
            let entry = UInt64(access.entry)
            if let reason = access.reason {
                return AccessItem(entry: entry, dataset: dataset, rows: .unknown(reason))
            }
            let tags = Set(ours.map { HubEntries.tag($0.ownerKey.key) })
            let rows = tags.compactMap { access.rowsByKey?[$0] }
            guard !rows.isEmpty else { return nil }
            return AccessItem(
                entry: entry, dataset: dataset, rows: .known(rows.reduce(0, +), fields: access.fields))
        }
    }
}

extension SearchIndex {
    /// All pages of a query.
    func all(_ query: EntryQuery, limit: Int) throws -> [UInt64] {
        var found: [UInt64] = []
        var cursor: String?
        repeat {
            let page = try entries(query, limit: limit, after: cursor)
            #expect(page.indexes.count <= limit)
            #expect(page.next == nil || page.indexes.count == limit)
            found += page.indexes
            cursor = page.next
        } while cursor != nil
        return found
    }

    /// All pages of a reading history.
    func all(_ spans: [OwnerSpan], limit: Int) throws -> [AccessItem] {
        var found: [AccessItem] = []
        var cursor: String?
        repeat {
            let page = try accesses(of: spans, limit: limit, after: cursor)
            #expect(page.next == nil || page.items.count == limit)
            found += page.items
            cursor = page.next
        } while cursor != nil
        return found
    }
}
