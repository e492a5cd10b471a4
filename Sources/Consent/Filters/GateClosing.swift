internal import Model

/// Why nothing flows through a gate, whatever owners granted.
enum GateClosing: Hashable, Sendable {
    /// A party ended the agreement. For ever.
    case ended
    /// A party is suspended.
    case suspended(Slug)
}
