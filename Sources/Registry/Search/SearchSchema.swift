internal import GRDB

/// The tables of the search index. They are never migrated: a file of another version is built anew.
///
/// - `lists`: for each term the entries that have it, as `EntryChunk`s.
/// - `times`: the times of 256 consecutive entries, 8 bytes each; `spans`: of each chunk the range of its
///   times. An entry without a time makes the range of its chunk unlimited.
/// - `parties`: which organisations a dataset, an agreement, a request or a grant names.
/// - `owners`: the only place where owner keys stand, so that they can be erased by writing it anew.
/// - `deliveries`: what an access delivered of one owner; `crowds`: of an access to the rows of very many, as
///   `DeliveryChunk`s.
/// - `unknown`: accesses of which nobody can tell whose rows went.
/// - `corrected`: accesses that a later entry takes back: their deliveries count for nothing.
///
/// Pages of 8 KiB hold the largest row of `lists` without overflow.
enum SearchSchema {
    /// `Sluv`, in the header of the file (SQLite file format, section 1.3.18).
    static let applicationID: Int64 = 0x536C_7576
    static let version: Int64 = 5
    /// In `unknown` for what concerns all datasets; no slug is empty.
    static let everyDataset = ""

    static let sql = """
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(version);
        CREATE TABLE state (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            log TEXT,
            size INTEGER NOT NULL,
            root BLOB NOT NULL,
            skipped INTEGER NOT NULL,
            next_owner INTEGER NOT NULL
        ) STRICT;
        INSERT INTO state (id, log, size, root, skipped, next_owner) VALUES (1, NULL, 0, x'', 0, 1);
        CREATE TABLE lists (
            term BLOB NOT NULL,
            chunk INTEGER NOT NULL,
            entries BLOB NOT NULL,
            PRIMARY KEY (term, chunk)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE times (
            block INTEGER PRIMARY KEY,
            times BLOB NOT NULL
        ) STRICT;
        CREATE TABLE spans (
            chunk INTEGER PRIMARY KEY,
            oldest INTEGER NOT NULL,
            newest INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE parties (
            subject BLOB NOT NULL PRIMARY KEY,
            provider TEXT,
            consumer TEXT,
            owner TEXT
        ) STRICT, WITHOUT ROWID;
        \(owners("owners"))
        CREATE TABLE field_lists (
            id INTEGER PRIMARY KEY,
            fields TEXT NOT NULL UNIQUE
        ) STRICT;
        CREATE TABLE deliveries (
            owner INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            at INTEGER,
            rows INTEGER NOT NULL,
            fields INTEGER NOT NULL,
            version INTEGER,
            PRIMARY KEY (owner, entry)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE crowds (
            chunk INTEGER NOT NULL,
            entry INTEGER NOT NULL,
            at INTEGER,
            version INTEGER,
            owners BLOB NOT NULL,
            PRIMARY KEY (chunk, entry)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE unknown (
            dataset TEXT NOT NULL,
            entry INTEGER NOT NULL,
            at INTEGER,
            version INTEGER,
            reason TEXT NOT NULL,
            stream TEXT,
            PRIMARY KEY (dataset, entry)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE corrected (entry INTEGER PRIMARY KEY) STRICT;
        CREATE INDEX unknown_of_stream ON unknown (stream) WHERE stream IS NOT NULL;
        """

    static func owners(_ name: String) -> String {
        """
        CREATE TABLE \(name) (
            dataset TEXT NOT NULL,
            key BLOB NOT NULL,
            id INTEGER NOT NULL,
            PRIMARY KEY (dataset, key)
        ) STRICT, WITHOUT ROWID;
        """
    }

    /// Makes the tables in an empty file.
    ///
    /// - Returns: false if the file holds something else than this version's tables.
    static func prepare(_ database: Database) throws -> Bool {
        let identifier = try Int64.fetchOne(database, sql: "PRAGMA application_id")
        let found = try Int64.fetchOne(database, sql: "PRAGMA user_version")
        if identifier == applicationID { return found == version }
        guard identifier == 0, try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") == 0
        else { return false }
        try database.inTransaction(.immediate) {
            try database.execute(sql: sql)
            return .commit
        }
        return true
    }
}
