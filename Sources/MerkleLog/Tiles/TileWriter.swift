/// Which tiles and bundles to write for each published checkpoint: a pure function of the entries.
///
/// For example, with `write` putting a file in place by renaming it:
///
///     for entry in entries { try writer.append(entry) }
///     for file in writer.publish() { try write(file) }
///     // ... then the checkpoint of `writer.size` and `writer.root`.
///
/// Bundles come before the tiles over them, so that a crash between two files leaves hashes only of entries
/// that are there too.
public struct TileWriter: Sendable {
    private var edge = RightEdge()
    /// The bytes of the incomplete bundle.
    private var bundle: [UInt8] = []
    private var finished: [TileFile] = []
    /// The size of what `takeFinished` would hand out.
    public private(set) var finishedBytes = 0

    /// A writer for an empty log.
    public init() {}

    /// A writer that goes on after `size` entries.
    ///
    /// It trusts the partial tiles it reads: compare `root` with a checkpoint of this size before appending.
    /// - Parameter read: the bytes of a partial tile or bundle of this size, nil if there are none.
    /// - Throws: `malformedTile`, `malformedBundle`, `missingTile`, or what `read` throws.
    public init(size: UInt64, read: (TilePath) throws -> [UInt8]?) throws {
        guard size < 1 << 63 else { throw ProofError(.outOfRange, "no log has \(size) entries") }
        var levels: [[TreeHash]] = []
        for level in 0...TilePath.highestLevel {
            let path = Self.partial(.hashes(level: level), size: size)
            levels.append(try path.map { try HashTile.decode(Self.bytes($0, read), width: $0.width) } ?? [])
        }
        edge = RightEdge(size: size, levels: levels)
        if let path = Self.partial(.entries, size: size) {
            bundle = try Self.bytes(path, read)
            try Self.check(bundle, holds: levels[0])
        }
    }

    /// How many entries were appended.
    public var size: UInt64 { edge.size }

    /// The root over all of them.
    public var root: TreeHash { edge.root }

    /// - Throws: `entryTooLarge` beyond 65,535 bytes; the writer is then unchanged.
    public mutating func append(_ entry: [UInt8]) throws(ProofError) {
        try append(entry, leaf: MerkleTree.leafHash(entry))
    }

    /// As `append(_:)`, for a caller who has already hashed the entry to `leaf`.
    public mutating func append(_ entry: [UInt8], leaf: TreeHash) throws(ProofError) {
        guard entry.count <= EntryBundle.maximumEntryBytes else {
            throw ProofError(.entryTooLarge, "an entry of \(entry.count) bytes; at most 65,535 fit")
        }
        EntryBundle.append(entry, to: &bundle)
        var files: [TileFile] = []
        edge.append(leaf) { level, index, hashes in
            if level == 0 { files.append(TileFile(path: .entries(index: index), bytes: bundle)) }
            files.append(TileFile(path: .tile(level: level, index: index), bytes: HashTile.encode(hashes)))
        }
        guard !files.isEmpty else { return }
        bundle.removeAll(keepingCapacity: true)
        finished += files
        finishedBytes += files.reduce(0) { $0 + $1.bytes.count }
    }

    /// The full tiles and bundles completed since the last call, to be written whether or not a checkpoint
    /// follows: they never change again.
    public mutating func takeFinished() -> [TileFile] {
        defer {
            finished = []
            finishedBytes = 0
        }
        return finished
    }

    /// Everything a checkpoint of `size` needs that earlier calls did not hand out: the completed files, then
    /// the partial bundle and the partial tile of each level.
    public mutating func publish() -> [TileFile] { takeFinished() + partials }

    private var partials: [TileFile] {
        var files: [TileFile] = []
        if let path = Self.partial(.entries, size: size) {
            files.append(TileFile(path: path, bytes: bundle))
        }
        for (level, hashes) in edge.levels.enumerated() {
            guard let path = Self.partial(.hashes(level: level), size: size) else { continue }
            files.append(TileFile(path: path, bytes: HashTile.encode(hashes)))
        }
        return files
    }

    private static func partial(_ kind: TilePath.Kind, size: UInt64) -> TilePath? {
        let level = if case .hashes(let level) = kind { level } else { 0 }
        let width = RightEdge.partialWidth(level: level, size: size)
        return TilePath(kind, index: size >> UInt64(8 * (level + 1)), width: width)
    }

    private static func bytes(_ path: TilePath, _ read: (TilePath) throws -> [UInt8]?) throws -> [UInt8] {
        guard let bytes = try read(path) else { throw ProofError(.missingTile, "`\(path)` is missing") }
        return bytes
    }

    private static func check(_ bundle: [UInt8], holds leaves: [TreeHash]) throws(ProofError) {
        guard try EntryBundle.decode(bundle).map(MerkleTree.leafHash) == leaves else {
            throw ProofError(.malformedBundle, "the last bundle and the tile over it disagree")
        }
    }
}
