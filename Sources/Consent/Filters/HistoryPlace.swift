internal import DataPlane

/// A place in the history of an owner filter.
struct HistoryPlace: Hashable, Sendable {
    /// Which history.
    let history: [UInt8]
    /// The number of the next change.
    let next: Int

    init(_ history: ReleaseHistory) {
        self.history = history.id
        next = history.next
    }
}
