internal import Model

/// The times of up to 256 consecutive entries in milliseconds.
struct EntryTimes {
    static let width: UInt64 = 256
    /// Stands for an entry that has no time. No time that can be written is it.
    private static let none = Int64.min

    /// By place in the block; of entries that were passed over, `none`.
    private var times: [Int64] = []

    static func block(of index: UInt64) -> Int64 { Int64(index / width) }

    init() {}

    /// As stored: 8 bytes each, big-endian.
    init?(_ stored: [UInt8]) {
        guard stored.count % 8 == 0, stored.count <= Int(Self.width) * 8 else { return nil }
        times = stride(from: 0, to: stored.count, by: 8).map { place in
            Int64(bitPattern: stored[place..<place + 8].reduce(0) { $0 << 8 | UInt64($1) })
        }
    }

    var stored: [UInt8] {
        times.flatMap { time in
            (0..<8).map { UInt8(truncatingIfNeeded: UInt64(bitPattern: time) >> UInt64(56 - 8 * $0)) }
        }
    }

    mutating func set(_ time: Instant?, of index: UInt64) {
        let place = Int(index % Self.width)
        while times.count <= place { times.append(Self.none) }
        times[place] = time?.milliseconds ?? Self.none
    }

    func isEntry(_ index: UInt64, in time: TimeWindow) -> Bool {
        let place = Int(index % Self.width)
        guard place < times.count, times[place] != Self.none else { return false }
        return time.contains(times[place])
    }
}

/// The milliseconds from `first` to `last`, both included.
struct TimeWindow: Hashable {
    var first: Int64
    var last: Int64

    /// - Parameters:
    ///   - from: included; nil for no beginning.
    ///   - to: not included; nil for no end.
    init(from: Instant?, to: Instant?) {
        first = from?.milliseconds ?? .min
        // A time before all others leaves nothing.
        last = to.map { $0.milliseconds == .min ? .min : $0.milliseconds - 1 } ?? .max
    }

    var isUnlimited: Bool { first == .min && last == .max }

    func contains(_ milliseconds: Int64) -> Bool { first <= milliseconds && milliseconds <= last }
}
