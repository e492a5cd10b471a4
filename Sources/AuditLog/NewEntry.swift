internal import MerkleLog

/// An entry that has no place yet, with all that can be known of it before it has one.
///
/// Hashing and reading it needs no order, so whoever appends does it on his own thread: what is left to the
/// log's one queue is only what must come one after the other.
struct NewEntry: Sendable {
    /// Canonical JSON, at most 65,535 bytes.
    let bytes: [UInt8]
    let leaf: TreeHash
    let stamp: EntryStamp

    init(_ bytes: [UInt8]) { self.init(bytes, leaf: MerkleTree.leafHash(bytes)) }

    /// As `init(_:)`, for a caller who has the leaf hash already.
    init(_ bytes: [UInt8], leaf: TreeHash) {
        self.bytes = bytes
        self.leaf = leaf
        stamp = EntryStamp(bytes)
    }

    /// As `init(_:)`, for an entry without a number whose time lies there.
    init(_ bytes: [UInt8], timeText: Range<Int>) {
        self.bytes = bytes
        leaf = MerkleTree.leafHash(bytes)
        stamp = EntryStamp(timeText: timeText)
    }
}
