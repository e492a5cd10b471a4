internal import FoundationEssentials
internal import GRDB

/// The file of the search index, which is thrown away when it is of no use.
enum SearchFile {
    /// What the writer may keep of the file in memory, in KiB: the parts that every batch touches.
    private static let cacheKiB = 32_768

    /// Opens the index; a file that is damaged or not of this version is replaced by an empty one.
    static func open(_ path: String) throws -> DatabasePool {
        do {
            if let pool = try openAsIs(path) { return pool }
        } catch let error as DatabaseError where isDamage(error) {
            // As good as another version.
        }
        try remove(path)
        guard let pool = try openAsIs(path) else {
            throw RegistryError(.cannotOpen, "the search index `\(path)` cannot be made")
        }
        return pool
    }

    static func remove(_ path: String) throws {
        for file in [path + "-wal", path + "-shm", path] {
            guard FileManager.default.fileExists(atPath: file) else { continue }
            do {
                try FileManager.default.removeItem(atPath: file)
            } catch {
                throw RegistryError(.cannotOpen, "the search index `\(file)` cannot be removed: \(error)")
            }
        }
    }

    /// - Returns: nil if the file is of another version.
    private static func openAsIs(_ path: String) throws -> DatabasePool? {
        try Registry.prepareFile(at: path, mustExist: false)
        let pool = try DatabasePool(path: path, configuration: configuration)
        do {
            if try pool.writeWithoutTransaction(SearchSchema.prepare) { return pool }
        } catch {
            try? pool.close()
            throw error
        }
        try pool.close()
        return nil
    }

    /// GRDB sets `synchronous` to NORMAL: a power cut may take the last batches, which are added again.
    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Registry.busyTimeoutSeconds)
        configuration.label = "search"
        configuration.prepareDatabase { database in
            // Counts for a new file only, and must come first.
            try database.execute(sql: "PRAGMA page_size = 8192")
            // A schema that somebody else wrote gets no power over us.
            try database.execute(sql: "PRAGMA trusted_schema = OFF")
            // What is erased is overwritten, and no copy of it gets into a temporary file.
            try database.execute(sql: "PRAGMA secure_delete = ON")
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
            try database.execute(sql: "PRAGMA cache_size = -\(cacheKiB)")
        }
        return configuration
    }

    private static func isDamage(_ error: DatabaseError) -> Bool {
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_ERROR, .SQLITE_SCHEMA: true
        default: false
        }
    }
}
