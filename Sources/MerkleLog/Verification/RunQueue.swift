/// Which runs of places to check next, and which reports come next: bounded work in flight, results in order.
///
/// A state machine without tasks of its own. At most `workers` runs are being checked, and no run begins more
/// than a few runs a worker ahead of the first whose reports were not taken: so memory is bounded however
/// slow one of them is.
struct RunQueue {
    struct Run: Sendable {
        let number: UInt64
        let places: Range<UInt64>
    }

    struct Finished: Sendable {
        let run: Run
        let reports: [PlaceReport]
    }

    /// 16,384 entries: long enough that handing them out costs nothing.
    static let placesInRun: UInt64 = 64
    private static let runsAheadOfWorker = 4

    private let places: Range<UInt64>
    private let workers: Int
    /// How many runs there are.
    let count: UInt64
    private var started: UInt64 = 0
    private var taken: UInt64 = 0
    private var running = 0
    private var waiting: [UInt64: [PlaceReport]] = [:]

    init(places: Range<UInt64>, workers: Int) {
        self.places = places
        self.workers = max(1, workers)
        count = (UInt64(places.count) + Self.placesInRun - 1) / Self.placesInRun
    }

    /// Whether all reports were taken.
    var isEmpty: Bool { taken == count }

    /// The run that a worker is to begin; nil if none may begin now.
    mutating func start() -> Run? {
        guard started < count, running < workers,
            started - taken < UInt64(workers * Self.runsAheadOfWorker)
        else { return nil }
        let first = places.lowerBound + started * Self.placesInRun
        defer { started += 1 }
        running += 1
        return Run(number: started, places: first..<min(first + Self.placesInRun, places.upperBound))
    }

    mutating func finish(_ finished: Finished) {
        running -= 1
        waiting[finished.run.number] = finished.reports
    }

    /// The reports that come next, if they are there.
    mutating func takeNext() -> [PlaceReport]? {
        guard let reports = waiting.removeValue(forKey: taken) else { return nil }
        taken += 1
        return reports
    }
}
