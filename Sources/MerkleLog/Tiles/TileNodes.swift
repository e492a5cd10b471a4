/// The nodes of a tree of a given size, taken from its tiles.
///
/// It trusts the tiles: a proof made from wrong ones does not verify, so a server may do so.
public struct TileNodes: NodeSource {
    private let size: UInt64
    private let read: (TilePath) throws -> [UInt8]?

    /// - Parameters:
    ///   - size: of a published checkpoint, so that its partial tiles exist.
    ///   - read: the bytes of a tile, nil if there is none.
    public init(size: UInt64, read: @escaping (TilePath) throws -> [UInt8]?) {
        self.size = size
        self.read = read
    }

    /// - Throws: `outOfRange`, `missingTile`, `malformedTile`, or what `read` throws.
    public func hash(level: Int, index: UInt64) throws -> TreeHash {
        guard (0..<63).contains(level), index < size >> UInt64(level) else {
            throw ProofError(.outOfRange, "a tree of \(size) leaves has no node \(index) on level \(level)")
        }
        let tileLevel = level / 8
        let first = index << UInt64(level % 8)
        let hashes = try tile(level: tileLevel, index: first >> 8)
        let start = Int(first & 255)
        return MerkleTree.completeRoot(Array(hashes[start..<start + 1 << (level % 8)]))
    }

    /// The tile as the tree's size has it, or else the full one that has since replaced it.
    private func tile(level: Int, index: UInt64) throws -> [TreeHash] {
        let present = size >> UInt64(8 * level)
        let width = index < present >> 8 ? TilePath.fullWidth : Int(present & 255)
        guard let path = TilePath(.hashes(level: level), index: index, width: width) else {
            throw ProofError(.outOfRange, "no log has so many leaves")
        }
        if let bytes = try read(path) { return try HashTile.decode(bytes, width: width) }
        if let full = path.resized(to: TilePath.fullWidth), let bytes = try read(full) {
            return try HashTile.decode(bytes, width: TilePath.fullWidth)
        }
        throw ProofError(.missingTile, "`\(path)` is missing")
    }
}
