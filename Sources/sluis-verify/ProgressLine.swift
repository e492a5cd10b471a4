/// A line that shows how far a long verification has come; nothing is shown in the first second.
struct ProgressLine {
    private var shownAt: Duration?
    private static let interval = Duration.seconds(1)

    /// The text to write, nil if it is too early for the first or the next one.
    ///
    /// - Parameter elapsed: since the verification began.
    mutating func text(done: UInt64, total: UInt64, elapsed: Duration) -> String? {
        guard elapsed >= (shownAt ?? .zero) + Self.interval else { return nil }
        shownAt = elapsed
        let percent = total == 0 ? 100 : Int(Double(done) / Double(total) * 100)
        return "\r\(done) of \(total) entries, \(percent) %"
    }

    /// What clears the line again, empty if none was written.
    var ending: String { shownAt == nil ? "" : "\r\u{1B}[K" }
}
