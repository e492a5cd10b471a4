internal import GRDB
internal import Model

/// What a failure inside a transaction means to whoever asked for it: an error of SQLite becomes one of
/// ours, anything else passes as it is.
func translated(_ error: any Error) -> any Error {
    guard let failure = error as? DatabaseError else { return error }
    switch failure.resultCode {
    case .SQLITE_CONSTRAINT:
        return ClientFault(
            .conflict, "conflict", "the change contradicts what is stored",
            remedy: "read the current state and try again")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT:
        return RegistryError(.corrupt, "the database is damaged: \(failure.description)")
    case .SQLITE_IOERR, .SQLITE_FULL, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_CANTOPEN, .SQLITE_READONLY,
        .SQLITE_NOMEM, .SQLITE_INTERRUPT, .SQLITE_PROTOCOL, .SQLITE_ABORT, .SQLITE_PERM,
        // GRDB's word for a connection that is closed: the hub is stopping.
        .SQLITE_MISUSE:
        return RetryableFault(
            "registry_unavailable", "the hub cannot read or store its state at the moment",
            cause: failure.description)
    default: return RegistryError(.failed, failure.description)
    }
}

extension RegistryError {
    /// Why the database at `path` could not be opened.
    init(opening path: String, _ error: any Error) {
        if let known = error as? RegistryError {
            self = known
            return
        }
        guard let failure = error as? DatabaseError else {
            self.init(.cannotOpen, "cannot open the database `\(path)`: \(error)")
            return
        }
        let reason = failure.message ?? "\(failure.resultCode)"
        switch failure.resultCode {
        case .SQLITE_NOTADB: self.init(.notADatabase, "`\(path)` is not a database: \(reason)")
        case .SQLITE_CORRUPT, .SQLITE_FORMAT:
            self.init(.corrupt, "the database `\(path)` is damaged: \(reason)")
        case .SQLITE_CONSTRAINT: self.init(.corrupt, "the database `\(path)` contradicts itself: \(reason)")
        case .SQLITE_ERROR, .SQLITE_SCHEMA:
            self.init(.failed, "cannot bring the database `\(path)` up to date: \(reason)")
        default: self.init(.cannotOpen, "cannot open the database `\(path)`: \(reason)")
        }
    }
}
