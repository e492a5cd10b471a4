internal import GRDB
public import Model
internal import Synchronization

/// The search index of the audit log in an SQLite file of its own.
///
/// The file is readable by its user only: it holds owner keys. It is derived from the log, so it is not
/// written durably, and a file that is damaged or of another version is thrown away, at opening and at any
/// time later; the index is then empty, and whoever feeds it begins anew.
///
/// Trust: whoever can write to the file can hide entries from searches, never from the log.
public final class SQLiteSearchIndex: SearchIndex {
    /// Fewer deliveries of one access each stand beside the others of their owner.
    static let crowd = 512

    private let path: String
    private let crowd: Int
    /// Nil while there is none that works.
    private let pool: Mutex<DatabasePool?>

    /// Opens the index at `path`, or makes an empty one.
    ///
    /// - Throws: `RegistryError` if there can be no file at that place.
    public convenience init(path: String) throws(RegistryError) {
        try self.init(path: path, crowd: Self.crowd)
    }

    init(path: String, crowd: Int) throws(RegistryError) {
        self.path = path
        self.crowd = crowd
        do {
            pool = Mutex(try SearchFile.open(path))
        } catch {
            throw RegistryError(opening: path, error)
        }
    }

    public func state() throws -> IndexState {
        try use { try $0.read { try SearchReader($0).state() } }
    }

    public func add(_ batch: IndexBatch) throws {
        try use { pool in
            try pool.write { database in
                var writer = try SearchWriter(database, for: batch, crowd: crowd)
                try writer.add(batch)
            }
        }
    }

    public func reset(for log: String) throws {
        try pool.withLock { try replace(&$0) }
        try use { try $0.write { try $0.run("UPDATE state SET log = ?", [.text(log)]) } }
    }

    public func entries(_ query: EntryQuery, limit: Int, after cursor: String?) throws -> EntryPage {
        try use { pool in
            try pool.read { database in
                var search = try EntrySearch(SearchReader(database), query)
                return try search.page(limit: limit, after: cursor)
            }
        }
    }

    public func accesses(of spans: [OwnerSpan], limit: Int, after cursor: String?) throws -> AccessPage {
        try use {
            try $0.read { try AccessSearch(SearchReader($0), spans).page(limit: limit, after: cursor) }
        }
    }

    public func erase(_ spans: [OwnerSpan]) throws {
        try use { pool in
            try pool.write { try Self.erase(spans, from: $0) }
            // Readers hold on to what was overwritten: this waits for them, and then nothing of it is left.
            try pool.barrierWriteWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        }
    }

    /// Waits for running calls and closes the file. Later calls throw `registry_unavailable`.
    public func close() throws {
        try pool.withLock { try $0?.close() }
    }
}

extension SQLiteSearchIndex {
    /// Runs `body`, and throws the file away if it turns out to be damaged.
    private func use<T>(_ body: (DatabasePool) throws -> T) throws -> T {
        let current = try opened()
        do {
            return try body(current)
        } catch {
            let meaning = translated(error)
            guard let damage = meaning as? RegistryError else { throw meaning }
            try? discard(current)
            throw RetryableFault(
                "index_unavailable", "the search index is being built anew; try again later",
                cause: damage.message)
        }
    }

    func opened() throws -> DatabasePool {
        do {
            return try pool.withLock { pool in
                if let pool { return pool }
                let opened = try SearchFile.open(path)
                pool = opened
                return opened
            }
        } catch {
            throw RetryableFault(
                "index_unavailable", "the search index cannot be opened at the moment; try again later",
                cause: RegistryError(opening: path, error).message)
        }
    }

    /// Replaces the file by an empty one, unless somebody else just did.
    private func discard(_ broken: DatabasePool) throws {
        try pool.withLock { pool in
            if pool === broken { try replace(&pool) }
        }
    }

    private func replace(_ pool: inout DatabasePool?) throws {
        // One that cannot even be closed is let go of: its file is gone.
        try? pool?.close()
        pool = nil
        try SearchFile.remove(path)
        pool = try SearchFile.open(path)
    }

    /// Erases owners from what accesses to the rows of very many left, each row of it read and written once.
    ///
    /// - Returns: those of whom deliveries are left, which were somebody else's.
    private static func erase(
        _ members: [CrowdMember], fromChunk number: Int64, _ database: Database
    ) throws -> Set<Int64> {
        let reader = SearchReader(database)
        let places = Dictionary(grouping: members, by: \.place)
        var others: Set<Int64> = []
        for entry in try reader.crowdEntries(number) {
            guard let crowd = try reader.crowd(number, entry) else { continue }
            var kept = DeliveryChunk()
            var hasErased = false
            try crowd.visit { place, item in
                let asked = places[place] ?? []
                if asked.contains(where: { $0.isMeant(in: crowd) }) {
                    hasErased = true
                } else {
                    others.formUnion(asked.map(\.owner))
                    kept[place] = item
                }
            }
            guard hasErased else { continue }
            let row: [SQLValue] = [.integer(number), .integer(entry)]
            if kept.isEmpty {
                try database.run("DELETE FROM crowds WHERE chunk = ? AND entry = ?", row)
            } else {
                try database.run(
                    "UPDATE crowds SET owners = ? WHERE chunk = ? AND entry = ?",
                    [.blob(kept.stored)] + row)
            }
        }
        return others
    }

    /// `secure_delete` overwrites a row that is deleted, but when rows move between pages a copy may stay in
    /// the unused part of one. So the table is written anew, and its old pages are overwritten as a whole.
    private static func erase(_ spans: [OwnerSpan], from database: Database) throws {
        let reader = SearchReader(database)
        var neighbours: [Int64: [CrowdMember]] = [:]
        for span in spans {
            guard let id = try reader.owner(span.ownerKey) else { continue }
            // Before and after the key may have been somebody else's.
            let condition = SpanCondition(span)
            try database.run(
                "DELETE FROM deliveries WHERE owner = ? AND \(condition.sql)",
                [.integer(id)] + condition.values)
            neighbours[DeliveryChunk.number(of: id), default: []].append(CrowdMember(id, span))
        }
        for (number, members) in neighbours {
            let others = try erase(members, fromChunk: number, database)
            for id in Set(members.map(\.owner)).subtracting(others) where try !reader.hasDelivery(of: id) {
                try database.run("DELETE FROM owners WHERE id = ?", [.integer(id)])
            }
        }
        try database.execute(sql: SearchSchema.owners("owners_kept"))
        try database.execute(
            sql: """
                INSERT INTO owners_kept SELECT dataset, key, id FROM owners ORDER BY dataset, key;
                DROP TABLE owners;
                ALTER TABLE owners_kept RENAME TO owners;
                """)
    }
}

extension Database {
    /// Runs a statement without rows, which is kept for reuse.
    func run(_ sql: String, _ values: [SQLValue]) throws {
        let bound: [(any DatabaseValueConvertible)?] = try values.map { value in try value.bound() }
        try cachedStatement(sql: sql).execute(arguments: StatementArguments(bound))
    }
}
