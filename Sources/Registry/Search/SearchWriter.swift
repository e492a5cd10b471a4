internal import GRDB
internal import Model

/// Adds one batch of entries to the search index, in one transaction.
///
/// Rows that many entries of a batch change are collected and written once.
struct SearchWriter {
    private struct Place: Hashable {
        var term: Term
        var chunk: Int64
    }

    private let database: Database
    private let reader: SearchReader
    private let state: IndexState
    /// So many deliveries of one access are written in chunks.
    private let crowd: Int
    private var lists: [Place: EntryChunk] = [:]
    private var times: [Int64: EntryTimes] = [:]
    private var spans: [Int64: ClosedRange<Int64>] = [:]
    /// As this transaction sees them.
    private var parties: [[UInt8]: Parties?] = [:]
    private var fieldLists: [[String]: Int64] = [:]
    /// Mostly that of the next delivery too.
    private var lastFields: (names: [String], id: Int64)?
    private var nextOwner: Int64

    /// - Throws: `index_out_of_step`.
    init(_ database: Database, for batch: IndexBatch, crowd: Int) throws {
        self.database = database
        self.crowd = crowd
        reader = SearchReader(database)
        state = try reader.state()
        nextOwner = try reader.nextOwner()
        guard batch.log == state.log ?? batch.log, batch.range.lowerBound <= state.size else {
            throw RetryableFault(
                "index_out_of_step", "the search index is being built anew; try again later",
                cause: "the index holds \(state.size) entries of `\(state.log ?? "")`, and was given"
                    + " \(batch.range) of `\(batch.log)`")
        }
    }

    mutating func add(_ batch: IndexBatch) throws {
        guard batch.range.upperBound > state.size else { return }
        let entries = batch.entries.filter { $0.index >= state.size && batch.range.contains($0.index) }
        for entry in entries { try add(entry) }
        try write()
        let skipped = batch.range.upperBound - state.size - UInt64(entries.count)
        try database.run(
            "UPDATE state SET log = ?, size = ?, root = ?, skipped = ?, next_owner = ?",
            [
                .text(batch.log), .integer(Int64(batch.range.upperBound)), .blob(batch.root),
                .integer(Int64(clamping: state.skipped &+ skipped)), .integer(nextOwner),
            ])
    }

    private mutating func add(_ entry: IndexedEntry) throws {
        var terms = Set(Term.terms(of: entry))
        var named = entry.organisations
        let agreement = try entry.agreement.flatMap { try known(Parties.subject(of: $0)) }
        if let taught = Parties.taught(by: entry, agreement: agreement) { try learn(taught) }
        let dataset = try entry.dataset.flatMap { try known(Parties.subject(of: $0)) }
        let request = try entry.request.flatMap { try known(Parties.subject(of: $0)) }
        let grant = try entry.grant.flatMap { try known(Parties.subject(of: $0)) }
        for parties in [dataset, agreement, request, grant] { named.formUnion(parties?.organisations ?? []) }
        for owner in [entry.owner, grant?.owner].compactMap(\.self) { terms.insert(.owner(owner)) }
        terms.formUnion(named.map(Term.organisation))
        try list(entry.index, under: terms)
        try note(entry.at, of: entry.index)
        try account(for: entry)
    }

    private mutating func list(_ index: UInt64, under terms: Set<Term>) throws {
        for term in terms {
            let place = Place(term: term, chunk: EntryChunk.number(of: index))
            if lists[place] == nil { lists[place] = try stored(place) ?? EntryChunk() }
            lists[place]?.insert(index)
        }
    }

    private func stored(_ place: Place) throws -> EntryChunk? {
        try reader.entries(place.term, in: place.chunk)
    }

    private mutating func note(_ time: Instant?, of index: UInt64) throws {
        let block = EntryTimes.block(of: index)
        if times[block] == nil { times[block] = try reader.times(block) ?? EntryTimes() }
        times[block]?.set(time, of: index)
        let chunk = EntryChunk.number(of: index)
        let own = time.map { $0.milliseconds...$0.milliseconds } ?? Int64.min...Int64.max
        let known = try spans[chunk] ?? reader.span(chunk) ?? own
        spans[chunk] = min(known.lowerBound, own.lowerBound)...max(known.upperBound, own.upperBound)
    }

    private func write() throws {
        // In the order of the table.
        for place in lists.keys.sorted(by: Self.precedes) {
            try database.run(
                "INSERT OR REPLACE INTO lists (term, chunk, entries) VALUES (?, ?, ?)",
                [.blob(place.term.key), .integer(place.chunk), .blob(lists[place]?.stored ?? [])])
        }
        for (block, times) in times {
            try database.run(
                "INSERT OR REPLACE INTO times (block, times) VALUES (?, ?)",
                [.integer(block), .blob(times.stored)])
        }
        for (chunk, span) in spans {
            try database.run(
                "INSERT OR REPLACE INTO spans (chunk, oldest, newest) VALUES (?, ?, ?)",
                [.integer(chunk), .integer(span.lowerBound), .integer(span.upperBound)])
        }
    }

    private static func precedes(_ a: Place, _ b: Place) -> Bool {
        a.term == b.term ? a.chunk < b.chunk : a.term.key.lexicographicallyPrecedes(b.term.key)
    }
}

extension SearchWriter {
    private mutating func known(_ subject: [UInt8]) throws -> Parties? {
        if let parties = parties[subject] { return parties }
        let parties = try reader.parties(of: subject)
        self.parties[subject] = .some(parties)
        return parties
    }

    private mutating func learn(_ taught: (subject: [UInt8], parties: Parties)) throws {
        let before = try known(taught.subject)
        let parties = taught.parties.completed(by: before)
        guard parties != before else { return }
        self.parties[taught.subject] = .some(parties)
        try database.run(
            "INSERT OR REPLACE INTO parties (subject, provider, consumer, owner) VALUES (?, ?, ?, ?)",
            [
                .blob(taught.subject), SQLValue(parties.provider), SQLValue(parties.consumer),
                SQLValue(parties.owner),
            ])
    }
}

extension SearchWriter {
    private mutating func account(for entry: IndexedEntry) throws {
        if let stream = entry.stream, entry.type != EntryType.accessDecided.rawValue {
            // Its end is told: what began it is unknown no more.
            try database.run("DELETE FROM unknown WHERE stream = ?", [.text(stream)])
        }
        if case .unknown(.lost) = entry.account { return try writeLoss(entry) }
        guard let dataset = entry.dataset else { return }
        if let corrected = entry.corrects { try takeBack(corrected, dataset) }
        switch entry.account {
        case .none: break
        // Nobody read the file.
        case .sideFile: try write(.missing, of: entry, dataset)
        case .unknown(let reason): try write(reason, of: entry, dataset)
        case .known(let deliveries) where deliveries.count >= crowd:
            try write(deliveries, of: entry, dataset)
        case .known(let deliveries): for delivery in deliveries { try write(delivery, of: entry, dataset) }
        }
    }

    /// Nothing of it was delivered, to anybody.
    private func takeBack(_ corrected: UInt64, _ dataset: Slug) throws {
        let entry = SQLValue.integer(Int64(clamping: corrected))
        try database.run(
            "DELETE FROM unknown WHERE dataset = ? AND entry = ?", [.text(dataset.text), entry])
        try database.run("INSERT OR IGNORE INTO corrected (entry) VALUES (?)", [entry])
    }

    /// Of every dataset, which no name of one is.
    private func writeLoss(_ entry: IndexedEntry) throws {
        try write(.lost, of: entry, in: SearchSchema.everyDataset)
    }

    private func write(_ reason: UnknownDelivery, of entry: IndexedEntry, _ dataset: Slug) throws {
        try write(reason, of: entry, in: dataset.text)
    }

    private func write(_ reason: UnknownDelivery, of entry: IndexedEntry, in dataset: String) throws {
        let stream = reason == .unfinished ? entry.stream : nil
        try database.run(
            "INSERT INTO unknown (dataset, entry, at, version, reason, stream) VALUES (?, ?, ?, ?, ?, ?)",
            [
                .text(dataset), .integer(Int64(entry.index)), SQLValue(entry.at),
                entry.version.map { SQLValue($0) } ?? .null, .text(reason.rawValue), SQLValue(stream),
            ])
    }

    /// An owner key that stands on two lines of a side file has the rows of both.
    private mutating func write(_ delivery: Delivery, of entry: IndexedEntry, _ dataset: Slug) throws {
        try database.run(
            """
            INSERT INTO deliveries (owner, entry, at, rows, fields, version) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (owner, entry) DO UPDATE SET rows = rows + excluded.rows
            """,
            [
                .integer(try owner(of: delivery, in: dataset)),
                .integer(Int64(entry.index)), SQLValue(entry.at), SQLValue(delivery.rows),
                .integer(try fieldList(delivery.fields)), entry.version.map { SQLValue($0) } ?? .null,
            ])
    }

    private mutating func write(_ crowd: [Delivery], of entry: IndexedEntry, _ dataset: Slug) throws {
        var owners = CrowdOwners(crowd, in: dataset)
        try owners.find(in: reader, of: dataset, count: nextOwner)
        nextOwner = try owners.add(from: nextOwner) { key, number in
            try insert(key, of: dataset, number)
        }
        var chunks: [Int64: DeliveryChunk] = [:]
        for (delivery, owner) in zip(crowd, owners.numbers) {
            guard let owner else { continue }
            chunks[DeliveryChunk.number(of: owner), default: DeliveryChunk()].add(
                owner, DeliveryChunk.Item(rows: delivery.rows, fields: try fieldList(delivery.fields)))
        }
        for (number, chunk) in chunks.sorted(by: { $0.key < $1.key }) {
            try database.run(
                "INSERT INTO crowds (chunk, entry, at, version, owners) VALUES (?, ?, ?, ?, ?)",
                [
                    .integer(number), .integer(Int64(entry.index)), SQLValue(entry.at),
                    entry.version.map { SQLValue($0) } ?? .null, .blob(chunk.stored),
                ])
        }
    }

    private mutating func owner(of delivery: Delivery, in dataset: Slug) throws -> Int64 {
        let key = LinkedKey(dataset: dataset, key: delivery.ownerKey, period: delivery.period).stored
        return try reader.owner(dataset, key) ?? add(key, of: dataset)
    }

    /// Gives a new owner key its number.
    private mutating func add(_ key: [UInt8], of dataset: Slug) throws -> Int64 {
        let id = nextOwner
        nextOwner += 1
        try insert(key, of: dataset, id)
        return id
    }

    private func insert(_ key: [UInt8], of dataset: Slug, _ id: Int64) throws {
        try database.run(
            "INSERT INTO owners (dataset, key, id) VALUES (?, ?, ?)",
            [.text(dataset.text), .blob(key), .integer(id)])
    }

    private mutating func fieldList(_ fields: [String]) throws -> Int64 {
        if let lastFields, lastFields.names == fields { return lastFields.id }
        let id = try fieldLists[fields] ?? storedFieldList(fields)
        fieldLists[fields] = id
        lastFields = (fields, id)
        return id
    }

    private func storedFieldList(_ fields: [String]) throws -> Int64 {
        let text = JSON(fields).canonicalText
        if try reader.fieldList(text) == nil {
            try database.run("INSERT INTO field_lists (fields) VALUES (?)", [.text(text)])
        }
        guard let id = try reader.fieldList(text) else {
            throw RegistryError(.corrupt, "the search index lost a list of fields")
        }
        return id
    }
}
