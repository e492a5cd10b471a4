internal import Model

/// An owner key, or a period of one, whose owner was erased.
struct Forgotten: Sendable {
    var at: Instant
    /// When it had become another's; nil if it was his to the end.
    var until: Instant?

    /// Whether rows that a stream sent which began then were his.
    func concerns(_ start: Instant) -> Bool { start <= at && (until.map { start < $0 } ?? true) }
}
