internal import DataPlane

/// How many rows of each owner went, and in which fields: one run an owner, wherever in the stream his rows
/// came. Rows are clustered by owner inside a segment only.
struct DeliveryCount: Sendable {
    private var counts: [UInt32: DeliveredRun] = [:]
    /// The run that was added to last, which mostly goes on in the next block.
    private var last: DeliveredRun?

    mutating func add(_ run: DeliveredRun) {
        if last?.ordinal == run.ordinal {
            last?.add(run)
            return
        }
        put(last)
        last =
            counts.removeValue(forKey: run.ordinal)
            ?? DeliveredRun(ordinal: run.ordinal, rows: 0, fields: run.fields)
        last?.add(run)
    }

    /// By ascending ordinal. As long a work as there are owners: not for an event loop.
    var runs: [DeliveredRun] {
        var all = self
        all.put(last)
        return all.counts.values.sorted { $0.ordinal < $1.ordinal }
    }

    private mutating func put(_ run: DeliveredRun?) {
        if let run { counts[run.ordinal] = run }
    }
}

extension DeliveredRun {
    /// If the grant was changed in between, some rows went in the one set of fields, some in the other.
    fileprivate mutating func add(_ other: DeliveredRun) {
        rows += other.rows
        if fields != other.fields { fields.formUnion(other.fields) }
    }
}
