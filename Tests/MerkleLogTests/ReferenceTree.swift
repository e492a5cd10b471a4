import Cryptography
import MerkleLog

/// The tree of RFC 6962 section 2.1, written down as the RFC defines it: slow, recursive, obviously right.
struct ReferenceTree: NodeSource {
    let leaves: [TreeHash]

    init(entries: [[UInt8]]) { leaves = entries.map { Self.hash([0] + $0) } }

    static func hash(_ bytes: [UInt8]) -> TreeHash {
        guard let hash = TreeHash(SHA256.hash(bytes)) else { fatalError("a digest has 32 bytes") }
        return hash
    }

    func root(_ range: Range<Int>) -> TreeHash {
        if range.isEmpty { return Self.hash([]) }
        if range.count == 1 { return leaves[range.lowerBound] }
        let split = range.lowerBound + Self.split(range.count)
        return Self.hash([1] + root(range.lowerBound..<split).bytes + root(split..<range.upperBound).bytes)
    }

    /// PATH(m, D[n]).
    func inclusion(_ index: Int, _ range: Range<Int>) -> [TreeHash] {
        if range.count == 1 { return [] }
        let split = range.lowerBound + Self.split(range.count)
        return index < split
            ? inclusion(index, range.lowerBound..<split) + [root(split..<range.upperBound)]
            : inclusion(index, split..<range.upperBound) + [root(range.lowerBound..<split)]
    }

    /// SUBPROOF(m, D[n], b).
    func consistency(_ old: Int, _ range: Range<Int>, _ isWhole: Bool = true) -> [TreeHash] {
        if old == range.upperBound { return isWhole ? [] : [root(range)] }
        let split = range.lowerBound + Self.split(range.count)
        return old <= split
            ? consistency(old, range.lowerBound..<split, isWhole) + [root(split..<range.upperBound)]
            : consistency(old, split..<range.upperBound, false) + [root(range.lowerBound..<split)]
    }

    /// SUBTREE_SUBPROOF(start, end, D[range], b) of draft-ietf-plants-merkle-tree-certs; `start` and `end`
    /// count from the beginning of the whole tree.
    func subtree(_ start: Int, _ end: Int, _ range: Range<Int>, _ isWhole: Bool = true) -> [TreeHash] {
        if start == end { return [] }
        if start..<end == range { return isWhole ? [] : [root(range)] }
        let split = range.lowerBound + Self.split(range.count)
        let (left, right) = (range.lowerBound..<split, split..<range.upperBound)
        if end <= split { return subtree(start, end, left, isWhole) + [root(right)] }
        return start >= split
            ? subtree(start, end, right, isWhole) + [root(left)]
            : subtree(split, end, right, false) + [root(left)]
    }

    func hash(level: Int, index: UInt64) throws -> TreeHash {
        root(Int(index) << level..<Int(index + 1) << level)
    }

    /// The largest power of two below `count`.
    private static func split(_ count: Int) -> Int {
        var power = 1
        while power * 2 < count { power *= 2 }
        return power
    }
}
