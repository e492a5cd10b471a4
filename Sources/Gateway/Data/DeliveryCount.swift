internal import DataPlane
internal import Model

/// How many rows of each owner went, and in which fields: one run an owner, wherever in the stream his rows
/// came. Rows are clustered by owner inside a segment only.
struct DeliveryCount: Sendable {
    private var counts: [UInt32: DeliveredRun] = [:]
    /// Of keys that are divided by time.
    private var periods: [Place: DeliveredRun] = [:]
    /// The run that was added to last, which mostly goes on in the next block.
    private var last: DeliveredRun?

    private struct Place: Hashable {
        var ordinal: UInt32
        var period: DataSpan
    }

    mutating func add(_ run: DeliveredRun) {
        if last?.ordinal == run.ordinal, last?.period == run.period {
            last?.add(run)
            return
        }
        put(last)
        last = take(run.ordinal, run.period) ?? run.emptied
        last?.add(run)
    }

    /// By ascending ordinal, the periods of one by their beginnings. As long a work as there are owners: not
    /// for an event loop.
    var runs: [DeliveredRun] {
        var all = self
        all.put(last)
        let whole = all.counts.values.sorted { $0.ordinal < $1.ordinal }
        guard !all.periods.isEmpty else { return whole }
        return (whole + all.periods.values).sorted {
            ($0.ordinal, $0.firstMoment) < ($1.ordinal, $1.firstMoment)
        }
    }

    private mutating func take(_ ordinal: UInt32, _ period: DataSpan?) -> DeliveredRun? {
        guard let period else { return counts.removeValue(forKey: ordinal) }
        return periods.removeValue(forKey: Place(ordinal: ordinal, period: period))
    }

    private mutating func put(_ run: DeliveredRun?) {
        guard let run else { return }
        guard let period = run.period else {
            counts[run.ordinal] = run
            return
        }
        periods[Place(ordinal: run.ordinal, period: period)] = run
    }
}

extension DeliveredRun {
    fileprivate var emptied: DeliveredRun {
        var run = self
        run.rows = 0
        return run
    }

    fileprivate var firstMoment: Int64 { period?.from?.milliseconds ?? .min }

    /// If the grant was changed in between, some rows went in the one set of fields, some in the other.
    fileprivate mutating func add(_ other: DeliveredRun) {
        rows += other.rows
        if fields != other.fields { fields.formUnion(other.fields) }
    }
}
