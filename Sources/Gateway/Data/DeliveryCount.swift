internal import DataPlane
internal import Model

/// How many rows of each owner went, and in which fields: one run an owner, wherever in the stream his rows
/// came. Rows are clustered by owner inside a segment only.
struct DeliveryCount: Sendable {
    /// By ascending ordinal: of a version of one segment, all of them.
    private var ascending: [DeliveredRun] = []
    /// Of ordinals that came behind a higher one; some are above too.
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
        let whole = all.whole
        guard !all.periods.isEmpty else { return whole }
        return (whole + all.periods.values).sorted {
            ($0.ordinal, $0.firstMoment) < ($1.ordinal, $1.firstMoment)
        }
    }

    /// Of keys that are not divided.
    private var whole: [DeliveredRun] {
        guard !counts.isEmpty else { return ascending }
        var rest = counts
        var runs = ascending
        for index in runs.indices {
            if let more = rest.removeValue(forKey: runs[index].ordinal) { runs[index].add(more) }
        }
        return (runs + rest.values).sorted { $0.ordinal < $1.ordinal }
    }

    private mutating func take(_ ordinal: UInt32, _ period: DataSpan?) -> DeliveredRun? {
        guard let period else { return counts.isEmpty ? nil : counts.removeValue(forKey: ordinal) }
        return periods.removeValue(forKey: Place(ordinal: ordinal, period: period))
    }

    private mutating func put(_ run: DeliveredRun?) {
        guard let run else { return }
        guard let period = run.period else {
            if ascending.last.map({ $0.ordinal < run.ordinal }) ?? true {
                ascending.append(run)
            } else {
                counts[run.ordinal] = run
            }
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
