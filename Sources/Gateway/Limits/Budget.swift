internal import Model

/// What may be used in a minute, refilled as time passes: the generic cell rate algorithm, of which the whole
/// state is the moment at which nothing would be used up any more.
struct Budget: Hashable, Sendable {
    /// A minute, in microseconds.
    private static let window: Int64 = 60_000_000

    /// In a minute; more than 0.
    let quota: Int
    /// Microseconds since 1970.
    private var emptyAt: Int64 = 0

    init(quota: Int) { self.quota = quota }

    /// Uses `amount` if that is left.
    ///
    /// - Returns: how many seconds to wait until it is left; nil if it was used.
    mutating func use(_ amount: Int, at now: Instant) -> Int64? {
        let time = now.milliseconds * 1000
        let next = max(emptyAt, time) + cost(of: amount)
        guard next - time <= Self.window else { return Self.seconds(next - time - Self.window) }
        emptyAt = next
        return nil
    }

    /// Uses `amount`, be it left or not: it was not known before.
    mutating func charge(_ amount: Int, at now: Instant) {
        emptyAt = max(emptyAt, now.milliseconds * 1000) + cost(of: amount)
    }

    /// How many seconds to wait until anything is left; nil if something is.
    func wait(at now: Instant) -> Int64? {
        let used = emptyAt - now.milliseconds * 1000
        return used < Self.window ? nil : Self.seconds(used - Self.window)
    }

    /// What is left at `now`.
    func left(at now: Instant) -> Int {
        let used = max(0, emptyAt - now.milliseconds * 1000)
        return Int(Double(quota) * Double(max(0, Self.window - used)) / Double(Self.window))
    }

    /// In how many seconds all of it is there again.
    func secondsUntilFull(at now: Instant) -> Int64 {
        (max(0, emptyAt - now.milliseconds * 1000) + 999_999) / 1_000_000
    }

    func isFull(at now: Instant) -> Bool { emptyAt <= now.milliseconds * 1000 }

    /// At least one, so that nobody asks again at once.
    private static func seconds(_ microseconds: Int64) -> Int64 {
        max(1, (microseconds + 999_999) / 1_000_000)
    }

    /// In microseconds. However much it is, an hour is the most that anybody waits for one piece.
    private func cost(of amount: Int) -> Int64 {
        Int64(min(Double(amount) * Double(Self.window) / Double(quota), 3_600_000_000))
    }
}
