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
}
