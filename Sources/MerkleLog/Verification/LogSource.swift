/// The files of a log as one pass over them sees them, with errors that name the file.
///
/// Nothing of what is there is kept: folders are listed one at a time when their files are due, so memory
/// does not grow with the log.
struct LogSource: Sendable {
    let files: any LogFiles

    /// Nil if there is no such file.
    func read(_ path: TilePath) throws(LogFailure) -> [UInt8]? {
        do { return try files.read(path.path) } catch {
            throw LogFailure(.file(path.path), at: path.leafIndex(at: 0), "\(LogFailure.unreadable)\(error)")
        }
    }

    /// The names in a folder in one order on every machine, so that the first failure is always the same.
    func names(in folder: String) throws(LogFailure) -> [LogFileName] {
        try unorderedNames(in: folder).sorted { $0.text.utf8.lexicographicallyPrecedes($1.text.utf8) }
    }

    /// Nothing where nothing can be listed.
    func unorderedNames(in folder: String) throws(LogFailure) -> [LogFileName] {
        guard files.canList else { return [] }
        do { return try files.names(in: folder) } catch {
            throw LogFailure(.file(folder.isEmpty ? "." : folder), at: 0, "cannot be listed: \(error)")
        }
    }

    /// The partial tiles of one place, by ascending width; at most 255.
    func partials(of kind: TilePath.Kind, index: UInt64) throws(LogFailure) -> [TilePath] {
        guard let full = TilePath(kind, index: index) else { return [] }
        var widths: [Int] = []
        for name in try unorderedNames(in: full.path + ".p") {
            guard let width = UInt64(canonical: Array(name.text.utf8)), width < TilePath.fullWidth else {
                continue
            }
            widths.append(Int(width))
        }
        return widths.sorted().compactMap { full.resized(to: $0) }
    }

    /// The hashes of a tile, nil if it does not exist.
    func hashes(_ path: TilePath) throws(LogFailure) -> [TreeHash]? {
        guard let bytes = try read(path) else { return nil }
        do { return try HashTile.decode(bytes, width: path.width) } catch {
            let present = min(bytes.count / TreeHash.sizeBytes, path.width - 1)
            throw LogFailure(.file(path.path), at: path.leafIndex(at: present), error.message)
        }
    }

    /// The hashes of a tile as a tree has it that covers `width` of them: of the tile of that width, or of
    /// the full one that has since replaced it.
    func coveringHashes(level: Int, index: UInt64, width: Int) throws(LogFailure) -> (
        path: TilePath, hashes: [TreeHash]
    ) {
        let path = TilePath.tile(level: level, index: index, width: width)
        if let hashes = try hashes(path) { return (path, hashes) }
        if let full = path.resized(to: TilePath.fullWidth), let hashes = try hashes(full) {
            return (full, Array(hashes.prefix(width)))
        }
        throw LogFailure(.file(path.path), at: path.leafIndex(at: 0), "is missing")
    }

    /// The entries of a bundle, nil if it does not exist.
    func entries(_ path: TilePath) throws(LogFailure) -> Entries? {
        guard let bytes = try read(path) else { return nil }
        let layout = EntryBundle.layout(of: bytes)
        guard layout.isWhole, layout.ranges.count == path.width else {
            let present = min(layout.ranges.count, path.width - 1)
            throw LogFailure(
                .file(path.path), at: path.leafIndex(at: present),
                "holds \(layout.ranges.count) whole entries\(layout.isWhole ? "" : " and a part"); "
                    + "expected \(path.width)")
        }
        return Entries(path: path, bytes: bytes, ranges: layout.ranges)
    }

    /// The bundle for the first `width` entries of place `index`: the one of that width, or else the full one
    /// that has since replaced it (C2SP tlog-tiles lets a log delete what is partial then).
    func coveringEntries(index: UInt64, width: Int) throws(LogFailure) -> Entries {
        let path = TilePath.entries(index: index, width: width)
        if let entries = try entries(path) { return entries }
        if let full = path.resized(to: TilePath.fullWidth), let entries = try entries(full) { return entries }
        throw LogFailure(.file(path.path), at: path.leafIndex(at: 0), "is missing")
    }
}

extension LogSource {
    /// A bundle that was read.
    struct Entries {
        let path: TilePath
        let bytes: [UInt8]
        let ranges: [Range<Int>]

        subscript(_ position: Int) -> [UInt8] { Array(bytes[ranges[position]]) }

        /// The bytes of the bundle that has only the first `width` entries.
        func bytes(width: Int) -> ArraySlice<UInt8> { bytes[..<ranges[width - 1].upperBound] }

        func leaf(_ position: Int) -> TreeHash {
            MerkleTree.leafHash(bytes.span.extracting(ranges[position]))
        }

        func leaves(_ width: Int) -> [TreeHash] { (0..<width).map(leaf) }
    }
}
