/// What makes the audit log searchable: Registry's tables, as AuditLog sees them.
///
/// Everything in it is derived from the log and its side files. It may lag behind, be lost and be built anew;
/// nothing is decided by it. Every call may block, and throws a `RetryableFault` when the index cannot answer
/// now.
public protocol SearchIndex: Sendable {
    func state() throws -> IndexState

    /// Adds the entries of a batch, and that they are indexed, all or nothing. Entries below `state().size`
    /// are passed over, so that a batch may come twice.
    ///
    /// - Throws: `RetryableFault` `index_out_of_step` if the batch is of another log or leaves a gap.
    func add(_ batch: IndexBatch) throws

    /// Forgets everything, and is the empty index of this log from now on.
    func reset(for log: String) throws

    /// A page of the entries that a query finds. Pages do not change while the log grows: newest first, what
    /// is new stands before the first page; oldest first, behind the last.
    ///
    /// - Parameters:
    ///   - limit: 1 to 1000.
    ///   - cursor: `next` of the page before; nil for the first one.
    /// - Throws: `ClientFault` for a limit or cursor that is none.
    func entries(_ query: EntryQuery, limit: Int, after cursor: String?) throws -> EntryPage

    /// The accesses to the rows of these owner keys, each in its time, newest first, one item an entry. What
    /// is unknown of a dataset in that time is listed as such. Limit, cursor and errors as for `entries`.
    func accesses(of spans: [OwnerSpan], limit: Int, after cursor: String?) throws -> AccessPage

    /// Removes what was delivered of these owner keys; afterwards nothing of them is in the index's files.
    ///
    /// The side files are to be erased first, else a rebuilt index would know it all again.
    func erase(_ spans: [OwnerSpan]) throws
}
