internal import FoundationEssentials
internal import GRDB

extension Registry {
    /// How long a transaction waits for another process to let go of the file, in seconds. In good order
    /// nobody else holds it.
    static let busyTimeoutSeconds = 2.0

    static func openPool(at path: String, mustExist: Bool) throws -> DatabasePool {
        try prepareFile(at: path, mustExist: mustExist)
        let pool = try DatabasePool(path: path, configuration: configuration(path, mustExist: mustExist))
        try makeDurable(pool)
        try Migrations.migrator.migrate(pool)
        return pool
    }

    /// SQLite would make the file readable by all; its journal takes over the mode of the file.
    static func prepareFile(at path: String, mustExist: Bool) throws {
        let files = FileManager.default
        var isFolder = false
        if files.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder else { return }
            throw RegistryError(.cannotOpen, "cannot open the database `\(path)`: it is a folder")
        }
        guard !mustExist else {
            throw RegistryError(.cannotOpen, "there is no database `\(path)`")
        }
        guard files.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
            throw RegistryError(
                .cannotOpen, "cannot create the database `\(path)`: its folder is missing or read-only")
        }
    }

    private static func configuration(_ path: String, mustExist: Bool) -> Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busyTimeoutSeconds)
        configuration.label = "registry"
        configuration.prepareDatabase { database in
            // This runs before the first write to the file: a file of another program stays as it is.
            try Migrations.checkIsOurs(database, path: path, mayBeEmpty: !mustExist)
            // A schema that somebody else wrote gets no power over us.
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
            // What is erased is overwritten, whatever SQLite's build says.
            try database.execute(sql: "PRAGMA secure_delete = ON")
        }
        return configuration
    }

    /// GRDB sets `synchronous` to NORMAL when it opens a pool, which would lose acknowledged commits with
    /// the power; so FULL is set afterwards, and all that durability rests on is read back.
    private static func makeDurable(_ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
            let journal = try String.fetchOne(database, sql: "PRAGMA journal_mode")
            let synchronous = try Int.fetchOne(database, sql: "PRAGMA synchronous")
            let foreignKeys = try Bool.fetchOne(database, sql: "PRAGMA foreign_keys")
            guard journal == "wal", synchronous == 2, foreignKeys == true else {
                throw RegistryError(.cannotOpen, "SQLite does not write durably to `\(pool.path)`")
            }
        }
    }
}
