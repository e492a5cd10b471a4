/// How rows are written.
public enum OutputFormat: String, CaseIterable, Sendable {
    /// RFC 4180 with LF, behind a header line.
    case csv
    /// One JSON object (RFC 8259) a line.
    case ndjson
}

/// Whose rows a stream releases.
public enum FilterMode: String, Sendable {
    /// Rows of owners with a grant, by an owner filter.
    case owners
    /// All rows of a dataset that was published as open.
    case open
}
