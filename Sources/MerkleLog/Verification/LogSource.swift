/// The files of a log as one pass over them sees them: the listing, and reads whose errors name the file.
struct LogSource {
    let files: any LogFiles
    let listing: LogListing

    init(_ files: any LogFiles) throws(LogFailure) {
        self.files = files
        let paths: [String]
        do { paths = try files.list() } catch {
            throw LogFailure(.file("."), at: 0, "cannot be listed: \(error)")
        }
        listing = try LogListing(paths)
    }

    /// Nil if there is no such file.
    func read(_ path: TilePath) throws(LogFailure) -> [UInt8]? {
        do { return try files.read(path.path) } catch {
            throw LogFailure(.file(path.path), at: path.leafIndex(at: 0), "cannot be read: \(error)")
        }
    }

    /// The hashes of a tile, nil if it does not exist.
    func hashes(_ path: TilePath) throws(LogFailure) -> [TreeHash]? {
        guard let bytes = try read(path) else { return nil }
        do { return try HashTile.decode(bytes, width: path.width) } catch {
            let present = min(bytes.count / TreeHash.sizeBytes, path.width - 1)
            throw LogFailure(.file(path.path), at: path.leafIndex(at: present), error.message)
        }
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

    /// A bundle that was read.
    struct Entries {
        let path: TilePath
        let bytes: [UInt8]
        let ranges: [Range<Int>]

        subscript(_ position: Int) -> [UInt8] { Array(bytes[ranges[position]]) }

        /// The bytes of the bundle that has only the first `width` entries.
        func bytes(width: Int) -> ArraySlice<UInt8> { bytes[..<ranges[width - 1].upperBound] }

        func leaves(_ width: Int) -> [TreeHash] { (0..<width).map { MerkleTree.leafHash(self[$0]) } }
    }
}

extension LogSource {
    /// The bundle for the first `width` entries of place `index`: the one of that width, or else the full one
    /// that has since replaced it (C2SP tlog-tiles lets a log delete what is partial then).
    func coveringEntries(index: UInt64, width: Int) throws(LogFailure) -> Entries {
        let path = TilePath.entries(index: index, width: width)
        if let entries = try entries(path) { return entries }
        if let full = path.resized(to: TilePath.fullWidth), let entries = try entries(full) { return entries }
        throw LogFailure(.file(path.path), at: path.leafIndex(at: 0), "is missing")
    }
}
