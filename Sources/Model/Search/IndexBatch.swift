/// Consecutive entries of one log for the search index.
public struct IndexBatch: Sendable {
    /// The log's verifier key (C2SP signed-note vkey): which log this is.
    public var log: String
    /// The index of the first entry, and the index after the last.
    public var range: Range<UInt64>
    /// By ascending index. One that is not there could not be read as JSON; it is counted.
    public var entries: [IndexedEntry]
    /// The 32-byte root of the tree of the entries below the end of `range`.
    public var root: [UInt8]

    public init(log: String, range: Range<UInt64>, entries: [IndexedEntry], root: [UInt8]) {
        self.log = log
        self.range = range
        self.entries = entries
        self.root = root
    }
}

/// How far an index is, and of which log.
public struct IndexState: Hashable, Sendable {
    /// The log's verifier key; nil of an empty index that was never told.
    public var log: String?
    /// How many entries it went through.
    public var size: UInt64
    /// The root of the tree of that size, as the log had it then; empty at size 0.
    public var root: [UInt8]
    /// How many of them were not JSON.
    public var skipped: UInt64

    public init(log: String? = nil, size: UInt64 = 0, root: [UInt8] = [], skipped: UInt64 = 0) {
        self.log = log
        self.size = size
        self.root = root
        self.skipped = skipped
    }
}
