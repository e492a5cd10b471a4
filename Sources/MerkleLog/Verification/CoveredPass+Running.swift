extension CoveredPass {
    /// Called now and then with the number of entries done and of all entries.
    typealias Progress = (_ done: UInt64, _ total: UInt64) -> Void

    /// Checks every place, one after the other.
    mutating func run(_ progress: Progress?) throws(LogFailure) {
        var queue = RunQueue(places: places, workers: 1)
        try begin()
        while let run = queue.start() {
            queue.finish(RunQueue.Finished(run: run, reports: check.reports(on: run.places)))
            while let reports = queue.takeNext() { try take(reports, progress) }
        }
        try finish()
    }

    /// As `run(_:)`, with places checked by `workers` tasks at a time.
    nonisolated(nonsending) mutating func run(workers: Int, _ progress: Progress?) async throws(LogFailure) {
        var queue = RunQueue(places: places, workers: workers)
        guard workers > 1, queue.count > 1 else { return try run(progress) }
        try begin()
        if let failure = await drain(&queue, progress) { throw failure }
        try finish()
    }

    /// Hands out runs and takes their reports in order, until all are taken or one fails.
    nonisolated(nonsending) private mutating func drain(_ queue: inout RunQueue, _ progress: Progress?) async
        -> LogFailure?
    {
        let check = check
        return await withTaskGroup(of: RunQueue.Finished.self) { group in
            while !queue.isEmpty {
                while let run = queue.start() {
                    group.addTask { RunQueue.Finished(run: run, reports: check.reports(on: run.places)) }
                }
                if let finished = await group.next() { queue.finish(finished) }
                while let reports = queue.takeNext() {
                    do throws(LogFailure) {
                        try take(reports, progress)
                    } catch {
                        // What is still being checked lies behind the failure; at most a run a worker.
                        return error
                    }
                }
            }
            return nil
        }
    }

    private mutating func take(_ reports: [PlaceReport], _ progress: Progress?) throws(LogFailure) {
        for report in reports { try take(report) }
        progress?(edge.size, checkpoint.size)
    }
}
