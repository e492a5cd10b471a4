/// How much there was in a storm.
struct StormCount: Sendable {
    var streams = 0
    var rows = 0
    var megabytes = 0.0
    /// Streams that met a change of the filter.
    var crossed = 0
    var hungUp = 0
    /// Of those that hung up, how many the hub cut.
    var cutByReader = 0
    var parts = 0
    /// Ended by the hub: parts of what changed, and streams of an agreement that ended.
    var cutByHub = 0
    var changes = 0
    var narrowings = 0
    var refused = 0
    var expiries = 0
    /// Times that a key was held against what must come.
    var exactKeys = 0
    var accesses = 0
    var pauses = Duration.zero
    /// The most bytes that came after a withdrawal's answer and under an older epoch.
    var onItsWay = 0

    static func += (all: inout StormCount, more: StormCount) {
        let sums: [WritableKeyPath<StormCount, Int>] = [
            \.streams, \.rows, \.crossed, \.hungUp, \.cutByReader, \.parts, \.cutByHub, \.changes,
            \.narrowings,
            \.refused, \.expiries, \.exactKeys, \.accesses,
        ]
        for sum in sums { all[keyPath: sum] += more[keyPath: sum] }
        all.megabytes += more.megabytes
        all.onItsWay = max(all.onItsWay, more.onItsWay)
    }

    mutating func add(_ check: StormCheck) {
        streams += 1
        rows += check.delivered.values.reduce(0) { $0 + $1.rows }
        megabytes += Double(check.sentBytes) / 1e6
        if check.epochs.count > 1 { crossed += 1 }
        if check.read.part != nil { parts += 1 }
        let isCut = check.isCut
        if check.isHungUp {
            hungUp += 1
            if isCut { cutByReader += 1 }
        } else if isCut {
            cutByHub += 1
        }
        exactKeys += check.exactKeys
        onItsWay = max(onItsWay, check.onItsWay)
    }
}
