/// How far a read has come in its upstream. A copy of it is all that it takes to read the same again.
struct UpstreamCursor: Sendable {
    // Of the two only that of the upstream's format is fed.
    var csv = CSVScanner()
    var ndjson: NDJSONScanner
    /// Known once the header was read.
    var columns: UpstreamColumns?
    /// What is read next: a place in a piece of the input.
    var piece = 0
    var position = 0
    /// Whether a row stands in the scanner that is not done with.
    var hasRow = false
    /// Whether the scanner knows that the upstream has ended.
    var hasEnded = false
    /// Rows that were sent.
    var sent = 0
    var counts = ConnectedCounts()
}

/// What was found in the part of an upstream that was read.
public struct ConnectedCounts: Hashable, Sendable {
    /// All rows.
    public var rows = 0
    /// Rows whose owner column is empty or null.
    public var ownerless = 0
    /// Rows with a key that is nobody's.
    public var unknown = 0
    /// Rows of owners of whom nothing that was asked for is released.
    public var withheld = 0
}
