/// The latest checkpoint of a log that a witness cosigned.
public struct LogHead: Hashable, Sendable {
    public let size: UInt64
    public let root: TreeHash

    public init(size: UInt64, root: TreeHash) {
        self.size = size
        self.root = root
    }

    /// Of a log that was never seen: the tree without entries, with which every log begins.
    static let empty = LogHead(size: 0, root: MerkleTree.emptyRoot)
}
