internal import Model

/// Answers one query for entries.
struct EntrySearch {
    private let reader: SearchReader
    private let query: EntryQuery
    private let time: TimeWindow
    private var lists: [TermList]
    /// The entries with one of the nonces asked for, by chunk; nil if none are asked for.
    private let chosen: [Int64: EntryChunk]?

    init(_ reader: SearchReader, _ query: EntryQuery) throws {
        self.reader = reader
        self.query = query
        time = TimeWindow(from: query.from, to: query.to)
        lists = Term.terms(of: query).map { TermList(reader, $0, query.order) }
        chosen = try query.nonces.map { nonces in
            var chosen: [Int64: EntryChunk] = [:]
            for nonce in nonces {
                try reader.all(.nonce(nonce)) { part in
                    chosen[part.number, default: EntryChunk()].formUnion(part.entries)
                }
            }
            return chosen
        }
    }

    /// - Throws: `bad_limit` or `bad_cursor`.
    mutating func page(limit: Int, after cursor: String?) throws -> EntryPage {
        try Cursor.check(limit: limit)
        let size = try reader.size()
        let last = try Cursor.key(cursor, list: list) { UInt64(canonical: $0) }
        // One more than asked tells whether there is a next page.
        let found = try indexes(in: bounds(after: last, size: size), limit: limit + 1)
        let shown = Array(found.prefix(limit))
        let next =
            found.count > limit ? shown.last.map { Cursor.text(list: list, key: String($0)) } : nil
        return EntryPage(indexes: shown, next: next, indexedTo: size)
    }

    private var list: String { "entries-\(query.order.rawValue)" }

    private func bounds(after last: UInt64?, size: UInt64) -> Range<UInt64> {
        guard let last else { return 0..<size }
        switch query.order {
        case .newestFirst: return 0..<min(last, size)
        case .oldestFirst: return min(last + 1, size)..<size
        }
    }

    private mutating func indexes(in bounds: Range<UInt64>, limit: Int) throws -> [UInt64] {
        guard !bounds.isEmpty, let possible = try reader.chunks(in: time) else { return [] }
        let asked = EntryChunk.number(of: bounds.lowerBound)...EntryChunk.number(of: bounds.upperBound - 1)
        guard possible.overlaps(asked) else { return [] }
        let chunks = possible.clamped(to: asked)
        var found: [UInt64] = []
        var number = query.order == .newestFirst ? chunks.upperBound : chunks.lowerBound
        while found.count < limit, chunks.contains(number), let part = try common(from: number) {
            guard chunks.contains(part.number) else { break }
            let indexes = try timely(part, within: bounds)
            found += indexes.prefix(limit - found.count)
            number = part.number + step
        }
        return found
    }

    private var step: Int64 { query.order == .newestFirst ? -1 : 1 }

    /// The nearest chunk with entries that all lists have, and those entries.
    private mutating func common(from start: Int64) throws -> SearchReader.Part? {
        var number = start
        while let chosen = choice(from: number) {
            number = chosen.number
            guard let next = try meet(in: &number, chosen.entries) else { return nil }
            if !next.isEmpty { return (number, next) }
        }
        return nil
    }

    /// What all lists have in the chunk `number`, which moves on where they have nothing in common.
    ///
    /// - Returns: nil if one of the lists is at its end.
    private mutating func meet(in number: inout Int64, _ chosen: EntryChunk?) throws -> EntryChunk? {
        var common = chosen
        for place in lists.indices {
            guard let part = try lists[place].nearest(from: number) else { return nil }
            guard part.number == number else {
                number = part.number
                return EntryChunk()
            }
            if common == nil { common = part.entries } else { common?.formIntersection(part.entries) }
            if common?.isEmpty == true {
                number += step
                return EntryChunk()
            }
        }
        return common
    }

    /// The nearest chunk with an entry of the nonces asked for; this one if none are.
    private func choice(from number: Int64) -> (number: Int64, entries: EntryChunk?)? {
        guard let chosen else { return (number, nil) }
        let nearest =
            switch query.order {
            case .newestFirst: chosen.keys.filter { $0 <= number }.max()
            case .oldestFirst: chosen.keys.filter { $0 >= number }.min()
            }
        return nearest.map { ($0, chosen[$0]) }
    }

    /// The entries of a part that are within the bounds and of the time asked for, in the order asked.
    private func timely(_ part: SearchReader.Part, within bounds: Range<UInt64>) throws -> [UInt64] {
        var indexes = part.entries.indexes(in: part.number).filter(bounds.contains)
        if !indexes.isEmpty, try !time.isUnlimited && !isWithin(part.number) {
            var blocks: [Int64: EntryTimes] = [:]
            indexes = try indexes.filter { index in
                let block = EntryTimes.block(of: index)
                if blocks[block] == nil { blocks[block] = try reader.times(block) ?? EntryTimes() }
                return blocks[block]?.isEntry(index, in: time) == true
            }
        }
        return query.order == .newestFirst ? indexes.reversed() : indexes
    }

    /// Whether all times in a chunk are within those asked for.
    private func isWithin(_ number: Int64) throws -> Bool {
        try reader.span(number).map { time.contains($0.lowerBound) && time.contains($0.upperBound) } ?? false
    }
}

extension UInt64 {
    /// Decimal digits without sign or leading zeros, and small enough for an index of SQLite.
    init?(canonical text: Substring) {
        guard let value = Int64(text), value >= 0, String(value) == text else { return nil }
        self = UInt64(value)
    }
}
