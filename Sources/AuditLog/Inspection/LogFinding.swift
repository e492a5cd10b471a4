/// Something that two parts of a hub's data directory do not agree on.
public struct LogFinding: Hashable, Sendable {
    public enum Part: String, Sendable {
        case journal, checkpoint, witnessed, remembered, synced, tiles, outbox, registry
        case sideFiles = "side_files"
    }

    public enum Severity: String, Sendable {
        /// The next start puts it right.
        case mended
        /// It may be so.
        case accepted
        /// Somebody has to act.
        case broken
    }

    public var part: Part
    public var severity: Severity
    /// One sentence, without a full stop.
    public var message: String

    public init(_ part: Part, _ severity: Severity, _ message: String) {
        self.part = part
        self.severity = severity
        self.message = message
    }
}
