internal import GRDB
public import Model

extension Registry: OutboxStore {
    /// All rows not yet dropped, by ascending number.
    public func pendingRows() throws -> [OutboxRow] {
        try read { reader in
            try reader.all("SELECT number, entry FROM outbox ORDER BY number") {
                OutboxRow(number: try $0.integer(0), entry: try $0.bytes(1))
            }
        }
    }

    /// The number of the newest row ever made, 0 before the first.
    public func newestNumber() throws -> Int64 { try read { try $0.newestNumber() } }

    /// Forgets the rows up to and including `number`, which the log holds.
    ///
    /// A transaction of its own, which waits for its turn: not to be called from the delivery of `onCommit`.
    public func dropRows(through number: Int64) throws {
        do {
            try pool.write { database in
                try database.execute(sql: "DELETE FROM outbox WHERE number <= ?", arguments: [number])
            }
        } catch {
            throw translated(error)
        }
    }

    /// Keeps the newest checkpoint of the log, in a transaction of its own.
    public func remember(head: String) throws {
        do {
            try pool.write { database in
                try database.execute(
                    sql: "INSERT OR REPLACE INTO log_head (id, checkpoint) VALUES (1, ?)", arguments: [head])
            }
        } catch {
            throw translated(error)
        }
    }

    /// The checkpoint that was remembered last, if it is of the log with this origin; nil for one of another
    /// log: a copy of the registry that is put back may be older than the log that follows it.
    public func rememberedHead(of origin: String) throws -> String? {
        let head = try read { reader in
            try reader.first("SELECT checkpoint FROM log_head") { try $0.text(0) }
        }
        // The first line of a checkpoint is its origin (C2SP tlog-checkpoint).
        return head.flatMap { $0.utf8.starts(with: "\(origin)\n".utf8) ? $0 : nil }
    }

    /// Forgets the checkpoint: another log follows, whose key did not sign it.
    public func forgetHead() throws {
        do {
            try pool.write { database in try database.execute(sql: "DELETE FROM log_head") }
        } catch {
            throw translated(error)
        }
    }
}
