internal import GRDB
internal import Model

/// Lookups and changes in one transaction. Valid only inside the closure that it is given to.
///
/// A change that throws dooms its transaction: half of it may be done.
public final class RegistryWriter: RegistryReader {
    let now: Instant
    let sealer: EntrySealer
    /// What this transaction adds to the outbox, by ascending number.
    var recorded: [OutboxRow] = []
    private var failure: (any Error)?

    init(_ database: Database, now: Instant, sealer: EntrySealer) {
        self.now = now
        self.sealer = sealer
        super.init(database)
    }
}

extension RegistryWriter {
    /// Runs the statements of one change, and remembers if they did not all succeed.
    @discardableResult
    func whole<T>(_ change: () throws -> T) throws -> T {
        do {
            return try change()
        } catch {
            let meaning = translated(error)
            failure = failure ?? meaning
            throw meaning
        }
    }

    /// - Throws: the first failure, if any change failed.
    func checkWhole() throws {
        if let failure { throw failure }
    }

    /// Runs a statement without rows and returns how many rows it changed.
    /// - Parameters:
    ///   - exists: the fault when a unique key is taken.
    ///   - missing: the fault when something that is referred to is not there.
    @discardableResult
    func execute(
        _ sql: String, _ values: [SQLValue], exists: @autoclosure () -> ClientFault? = nil,
        missing: @autoclosure () -> ClientFault? = nil
    ) throws -> Int {
        do {
            try database.cachedStatement(sql: sql).execute(arguments: arguments(values))
            return database.changesCount
        } catch let error as DatabaseError {
            switch error.extendedResultCode {
            case .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_ROWID:
                throw exists() ?? error
            case .SQLITE_CONSTRAINT_FOREIGNKEY: throw missing() ?? error
            default: throw error
            }
        }
    }
}

extension ClientFault {
    /// What is to be made is there already.
    static func exists(_ noun: String, _ text: String, remedy: String? = nil) -> ClientFault {
        ClientFault(
            .conflict, "\(noun)_exists", "\(noun) `\(text)` exists already", field: noun, found: text,
            remedy: remedy)
    }

    /// What is named is not there.
    static func unknown(_ noun: String, _ text: String) -> ClientFault {
        ClientFault(.notFound, "unknown_\(noun)", "there is no \(noun) `\(text)`", field: noun, found: text)
    }
}
