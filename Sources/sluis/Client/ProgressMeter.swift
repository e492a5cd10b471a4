import Synchronization

/// A line on the terminal that shows how far something long has come, and how fast; nothing is shown in the
/// first second.
struct ProgressLine {
    private static let interval = Duration.seconds(1)
    private var shownAt: Duration?

    /// The text to write, nil if it is too early for the first or the next one.
    ///
    /// - Parameters:
    ///   - what: what is counted, such as `bytes read`.
    ///   - total: nil where it is not known.
    ///   - elapsed: since it began.
    mutating func text(_ what: String, done: UInt64, total: UInt64?, elapsed: Duration) -> String? {
        guard elapsed >= (shownAt ?? .zero) + Self.interval else { return nil }
        shownAt = elapsed
        let rate = Self.rate(what, Double(done) / (elapsed / .seconds(1)))
        guard let total else { return "\r\(done) \(what), \(rate)" }
        let percent = total == 0 ? 100 : Int(Double(done) / Double(total) * 100)
        return "\r\(done) of \(total) \(what), \(percent) %, \(rate)"
    }

    private static func rate(_ what: String, _ perSecond: Double) -> String {
        what.hasPrefix("bytes") ? "\((perSecond / 1e5).rounded() / 10) MB/s" : "\(Int(perSecond))/s"
    }

    /// What clears the line again, empty if none was written.
    var ending: String { shownAt == nil ? "" : "\r\u{1B}[K" }
}

/// Progress of something that runs, on standard error if that is a terminal.
final class ProgressMeter: Sendable {
    /// Nil where nobody watches.
    static var terminal: (@Sendable (String) -> Void)? {
        guard Terminal.isError else { return nil }
        return { StandardError.write($0) }
    }

    private let what: String
    private let total: UInt64?
    private let start = ContinuousClock.now
    private let write: @Sendable (String) -> Void
    private let state = Mutex((line: ProgressLine(), done: UInt64(0)))

    /// - Parameter write: takes the texts; nil for none, as when nobody watches.
    init(
        _ what: String, total: UInt64? = nil,
        write: (@Sendable (String) -> Void)? = ProgressMeter.terminal
    ) {
        self.what = what
        self.total = total
        self.write = write ?? { _ in }
    }

    func advance(by count: Int) {
        show { $0 + UInt64(count) }
    }

    func set(_ done: UInt64, total: UInt64) {
        show(total: total) { _ in done }
    }

    private func show(total: UInt64? = nil, _ change: (UInt64) -> UInt64) {
        let elapsed = ContinuousClock.now - start
        let text = state.withLock { state in
            state.done = change(state.done)
            return state.line.text(what, done: state.done, total: total ?? self.total, elapsed: elapsed)
        }
        if let text { write(text) }
    }

    func end() { write(state.withLock { $0.line.ending }) }
}
