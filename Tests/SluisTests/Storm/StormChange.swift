import Model

/// One call by which an owner changed his grant, or tried to.
struct StormChange: Sendable {
    struct Answer: Sendable {
        var epoch: Int64
        var entry: Int64
        var grant: String
        /// What now holds; nil for nothing.
        var terms: StormTerms?
    }

    var began: Instant
    var ended: Instant
    /// Nil if it was refused, since the grant's time ran out meanwhile.
    var answer: Answer?
    /// Whether it took something from what flowed before, for certain.
    var isNarrowing = false
}
