/// Whether something that may be used once was used before.
public enum ReplayVerdict: Hashable, Sendable {
    /// Not used before; it is now.
    case fresh
    case replayed
    /// Nobody knows, for there is no room to remember it.
    case full
    /// Nobody knows, for those of its time have been forgotten: clocks went back, or it took too long.
    case outdated
}
