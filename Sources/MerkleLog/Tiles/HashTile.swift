/// The bytes of a tile of hashes: 1 to 256 hashes, one after the other (C2SP tlog-tiles).
public struct HashTile {
    public static func encode(_ hashes: [TreeHash]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: hashes.count * TreeHash.sizeBytes)
        for (position, hash) in hashes.enumerated() {
            hash.write(to: &output, at: position * TreeHash.sizeBytes)
        }
        return output
    }

    /// - Throws: `malformedTile` unless the bytes are exactly `width` hashes.
    public static func decode(_ bytes: [UInt8], width: Int) throws(ProofError) -> [TreeHash] {
        guard bytes.count == width * TreeHash.sizeBytes else {
            throw ProofError(
                .malformedTile,
                "a tile of width \(width) has \(width * TreeHash.sizeBytes) bytes; found \(bytes.count)")
        }
        return (0..<width).map { TreeHash(bytes, at: $0 * TreeHash.sizeBytes) }
    }
}
