/// The incomplete tiles along the right edge of a growing tree.
///
/// Invariant: on level L there are `floor(size / 256^L) mod 256` hashes, as C2SP tlog-tiles lays down for
/// partial tiles.
struct RightEdge: Sendable {
    private(set) var size: UInt64 = 0
    /// The hashes of each level's incomplete tile; higher levels that were never reached are missing.
    private(set) var levels: [[TreeHash]] = []

    /// The tree without leaves.
    init() {}

    /// The edge of a tree of `size` leaves, whose partial tiles hold `levels`.
    init(size: UInt64, levels: [[TreeHash]]) {
        precondition(
            levels.indices.allSatisfy { levels[$0].count == Self.partialWidth(level: $0, size: size) },
            "the partial tiles do not fit the size")
        self.size = size
        self.levels = levels
    }

    /// `floor(size / 256^level) mod 256`.
    static func partialWidth(level: Int, size: UInt64) -> Int { Int(size >> UInt64(8 * level) & 255) }

    /// Adds a leaf and hands each tile that it completes, the lowest first, to `completed`.
    mutating func append<Failure: Error>(
        _ leaf: TreeHash, completed: (_ level: Int, _ index: UInt64, [TreeHash]) throws(Failure) -> Void
    ) throws(Failure) {
        size += 1
        try push(leaf, level: 0, completed: completed)
    }

    /// Adds the 256 leaves of a full tile whose root is `root`, as `append` would one by one, and hands each
    /// tile that they complete above it to `completed`. No leaves of an incomplete tile may be there.
    mutating func append<Failure: Error>(
        tileWithRoot root: TreeHash,
        completed: (_ level: Int, _ index: UInt64, [TreeHash]) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(size & 255 == 0, "a full tile follows only full tiles")
        if levels.isEmpty { levels.append([]) }
        size += UInt64(TilePath.fullWidth)
        try push(root, level: 1, completed: completed)
    }

    private mutating func push<Failure: Error>(
        _ hash: TreeHash, level: Int,
        completed: (_ level: Int, _ index: UInt64, [TreeHash]) throws(Failure) -> Void
    ) throws(Failure) {
        var (hash, level) = (hash, level)
        while true {
            if levels.count == level { levels.append([]) }
            levels[level].append(hash)
            guard levels[level].count == TilePath.fullWidth else { return }
            let tile = levels[level]
            levels[level].removeAll(keepingCapacity: true)
            hash = MerkleTree.completeRoot(tile)
            try completed(level, size >> UInt64(8 * (level + 1)) - 1, tile)
            level += 1
        }
    }

    /// The hashes of complete subtrees on `level` that belong to tile `index`: none unless it is the
    /// incomplete one.
    func hashes(level: Int, index: UInt64) -> [TreeHash] {
        guard level < levels.count, index == size >> UInt64(8 * (level + 1)) else { return [] }
        return levels[level]
    }

    /// The edge as a compact range.
    var frontier: Frontier {
        var hashes: [TreeHash] = []
        for level in levels.reversed() {
            var rest = level[...]
            while !rest.isEmpty {
                let width = 1 << (Int.bitWidth - 1 - rest.count.leadingZeroBitCount)
                hashes.append(MerkleTree.completeRoot(Array(rest.prefix(width))))
                rest = rest.dropFirst(width)
            }
        }
        guard let frontier = Frontier(size: size, hashes: hashes) else {
            preconditionFailure("the partial tiles do not fit the size")
        }
        return frontier
    }

    var root: TreeHash { frontier.root }
}
