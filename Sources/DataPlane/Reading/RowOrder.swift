/// In which order rows are read.
public enum RowOrder: String, Sendable {
    /// As they are stored: by owner inside each segment.
    case stored
    /// As they arrived.
    case original
}
