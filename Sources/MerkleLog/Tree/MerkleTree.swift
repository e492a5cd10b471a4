import Cryptography

/// The hashes of the tree of RFC 6962 and RFC 9162 section 2.1.1, over SHA-256.
public enum MerkleTree {
    /// SHA-256(0x00 || entry).
    public static func leafHash(_ entry: [UInt8]) -> TreeHash { leafHash(entry.span) }

    /// SHA-256(0x00 || entry), of an entry that lies in a bundle.
    public static func leafHash(_ entry: Span<UInt8>) -> TreeHash {
        TreeHash(SHA256.digest(prefix: 0, entry))
    }

    /// SHA-256(0x01 || left || right).
    public static func nodeHash(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
        TreeHash(SHA256.digest(prefix: 1, left.digest, right.digest))
    }

    /// The root of the tree without entries: SHA-256 of nothing.
    public static let emptyRoot = TreeHash(SHA256.hash([]), at: 0)

    /// The root of a complete subtree over `hashes`, whose number is a power of two.
    static func completeRoot(_ hashes: [TreeHash]) -> TreeHash {
        precondition(hashes.count.nonzeroBitCount == 1, "a complete subtree has a power of two leaves")
        var row = hashes
        var width = row.count
        while width > 1 {
            width /= 2
            for position in 0..<width {
                row[position] = nodeHash(row[2 * position], row[2 * position + 1])
            }
        }
        return row[0]
    }
}
