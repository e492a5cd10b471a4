internal import GRDB

/// The schema's numbered steps. A step that was released never changes; what changes is a new step.
enum Migrations {
    /// `Slui`, in the header of every database of ours (SQLite file format, section 1.3.18).
    static let applicationID: Int64 = 0x536C_7569

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("0001-exchange") { database in
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(sql: ExchangeSchema.sql)
        }
        migrator.registerMigration("0002-erasure") { database in
            try database.execute(sql: ErasureSchema.sql)
        }
        migrator.registerMigration("0003-log-head") { database in
            try database.execute(sql: LogHeadSchema.sql)
        }
        migrator.registerMigration("0004-time-column") { database in
            try database.execute(sql: TimeColumnSchema.sql)
        }
        migrator.registerMigration("0005-tenancies") { database in
            try database.execute(sql: TenancySchema.sql)
        }
        migrator.registerMigration("0006-upstreams") { database in
            try database.execute(sql: UpstreamSchema.sql)
        }
        migrator.registerMigration("0007-field-changes") { database in
            try database.execute(sql: FieldChangeSchema.sql)
        }
        migrator.registerMigration("0008-participants") { database in
            try database.execute(sql: ParticipantSchema.sql)
        }
        return migrator
    }

    /// Refuses a file of another program, and one that a later version has been at.
    static func checkIsOurs(_ database: Database, path: String, mayBeEmpty: Bool) throws {
        let identifier = try Int64.fetchOne(database, sql: "PRAGMA application_id")
        let objects = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        if identifier == 0, try objects == 0 || isUnfinished(database) {
            guard mayBeEmpty else { throw RegistryError(.notOurs, "the database `\(path)` is empty") }
            return
        }
        guard identifier == applicationID else {
            throw RegistryError(.notOurs, "`\(path)` is a database of another program")
        }
        let unknown = try migrator.appliedIdentifiers(database).subtracting(migrator.migrations).sorted()
        guard unknown.isEmpty else {
            let steps = unknown.map { "`\($0)`" }.joined(separator: ", ")
            throw RegistryError(
                .newerSchema,
                "the database `\(path)` was written by a later version of sluis (\(steps)); use that version")
        }
    }

    /// Whether the process died between the list of steps, which is made first, and the first step.
    private static func isUnfinished(_ database: Database) throws -> Bool {
        let foreign = "SELECT 1 FROM sqlite_schema WHERE tbl_name <> 'grdb_migrations'"
        return try Row.fetchOne(database, sql: foreign) == nil
            && migrator.appliedIdentifiers(database).isEmpty
    }
}
