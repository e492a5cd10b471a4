internal import GRDB
public import Model
internal import Synchronization

/// What the hub knows, in one SQLite database: the only place that knows SQL.
///
/// All changes go through one connection, one transaction at a time; reads run beside them, each on one
/// unchanging view. A change and the audit entries that tell of it are one transaction: either both are
/// kept or neither.
///
/// ```swift
/// let number = try registry.write(at: now) { registry in
///     try registry.insert(organisation)
///     return try registry.record(AuditEvent(.organisationAdded, by: .hub))
/// }
/// ```
///
/// Trust: whoever can write to the database file can change grants; the audit log shows it, nothing here
/// prevents it. One process at a time may open the file (the data directory's lock sees to that): SQLite
/// before 3.51.3 can lose pages when two connections write or checkpoint at once.
public final class Registry: Sendable {
    let pool: DatabasePool
    private let sealer: EntrySealer
    private let deliver = Mutex<(@Sendable ([OutboxRow]) -> Void)?>(nil)

    /// Opens the database at `path`, brings its schema up to date and, unless it `mustExist`, makes it.
    ///
    /// The file is readable by its user only.
    /// - Parameters:
    ///   - sealer: seals the entries that transactions record.
    ///   - mustExist: whether a missing or empty file is an error rather than a new database.
    /// - Throws: `RegistryError` when the file cannot be opened, is damaged, belongs to another program or
    ///   was written by a later version of Sluis. Such a file is left as it was.
    public init(path: String, sealer: EntrySealer, mustExist: Bool = false) throws(RegistryError) {
        self.sealer = sealer
        do {
            pool = try Self.openPool(at: path, mustExist: mustExist)
        } catch {
            throw RegistryError(opening: path, error)
        }
    }

    /// Sets who gets the outbox rows of each commit. To be called once, at start; what was committed before
    /// is in `pendingRows()` only.
    ///
    /// `deliver` runs on the writer's queue right after each commit that recorded something, in order of
    /// commit, with the rows of that commit: numbers arrive ascending and without gaps. It holds up the next
    /// transaction, so it should only hand the rows on, and it must not call this registry (a call that
    /// waits for the writer's queue from within traps).
    public func onCommit(_ deliver: @escaping @Sendable ([OutboxRow]) -> Void) {
        self.deliver.withLock { current in
            precondition(current == nil, "delivery is set once")
            current = deliver
        }
    }

    /// Runs `body` on one view of the database, which changes meanwhile do not touch.
    ///
    /// The reader must not be used after `body` returns, and `body` must not call this registry.
    /// - Throws: what `body` throws; `RetryableFault` `registry_unavailable` when the disk does not answer;
    ///   `RegistryError` when the database is damaged.
    public func read<T>(_ body: (RegistryReader) throws -> T) throws -> T {
        do {
            return try pool.read { database in try body(RegistryReader(database)) }
        } catch {
            throw translated(error)
        }
    }

    /// Runs `body` as one transaction and returns when the disk holds it.
    ///
    /// A transaction in which a change threw is never committed, even if `body` caught the error. The writer
    /// must not be used after `body` returns, and `body` must not call this registry.
    ///
    /// Sad path: when the disk fails during the commit itself, the caller gets `registry_unavailable` and
    /// nothing is delivered, yet a crash right then may find the transaction on disk at the next start.
    /// State and outbox still agree: its entries are in `pendingRows()`.
    /// - Parameter now: the time that recorded entries carry.
    /// - Throws: what `body` throws; `ClientFault` of kind `conflict` when a change contradicts what is
    ///   stored; `RetryableFault` `registry_unavailable` when the disk is full, busy or failing.
    @discardableResult
    public func write<T>(at now: Instant, _ body: (RegistryWriter) throws -> T) throws -> T {
        do {
            return try pool.writeWithoutTransaction { database in
                var recorded: [OutboxRow] = []
                let result = try database.inTransactionReturning {
                    let writer = RegistryWriter(database, now: now, sealer: sealer)
                    let result = try body(writer)
                    try writer.checkWhole()
                    recorded = writer.recorded
                    return result
                }
                // Only here is the commit durable. GRDB's `afterNextTransaction` would also call back for the
                // next commit after one that failed.
                if !recorded.isEmpty { deliver.withLock { $0 }?(recorded) }
                return result
            }
        } catch {
            throw translated(error)
        }
    }

    /// Moves everything into the database file and empties the write-ahead log, so that nothing that was
    /// deleted is left in a file: deleted rows are overwritten there (`secure_delete`).
    ///
    /// Sad path: while another reads an older view, the write-ahead log keeps its pages until the next call
    /// or the end of the hub.
    public func forgetDeletedPages() throws {
        do {
            _ = try pool.writeWithoutTransaction { database in try database.checkpoint(.truncate) }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            return
        } catch {
            throw translated(error)
        }
    }

    /// Waits for running transactions, moves everything into the database file and closes it. Later calls
    /// throw `registry_unavailable`.
    public func close() throws {
        do {
            try pool.close()
        } catch {
            throw translated(error)
        }
    }

}

extension Database {
    /// Runs `body` in a transaction and returns when the disk holds it.
    fileprivate func inTransactionReturning<T>(_ body: () throws -> T) throws -> T {
        var result: T?
        try inTransaction(.immediate) {
            result = try body()
            return .commit
        }
        guard let result else { preconditionFailure("a transaction that was committed has run its body") }
        return result
    }
}
