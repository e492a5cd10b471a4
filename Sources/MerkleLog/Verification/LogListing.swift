/// Which tiles and bundles are there, found by place in logarithmic time.
struct LogListing: Sendable {
    private var tiles: [TilePath]

    /// Sorts `paths`.
    ///
    /// - Throws: a failure that names a path which no log has.
    init(_ paths: [String]) throws(LogFailure) {
        tiles = []
        tiles.reserveCapacity(paths.count)
        for path in paths where !path.hasSameBytes(as: LogVerifier.checkpointPath) {
            guard let tile = TilePath(path) else {
                throw LogFailure(.file(path), at: 0, "no file of a log has this name")
            }
            tiles.append(tile)
        }
        tiles.sort { $0.order < $1.order }
    }

    /// All tiles of one place, by ascending width.
    func widths(of kind: TilePath.Kind, index: UInt64) -> ArraySlice<TilePath> {
        guard let first = TilePath(kind, index: index, width: 1) else { return [] }
        let start = lowerBound(first.order)
        let end = tiles[start...].firstIndex { $0.kind != kind || $0.index != index } ?? tiles.endIndex
        return tiles[start..<end]
    }

    func contains(_ path: TilePath) -> Bool {
        let position = lowerBound(path.order)
        return position < tiles.count && tiles[position] == path
    }

    /// The places of `kind` with a file that goes past the first `covered` hashes or entries of their level.
    func places(of kind: TilePath.Kind, beyond covered: UInt64) -> [UInt64] {
        guard let first = TilePath(kind, index: covered >> 8, width: 1) else { return [] }
        var places: [UInt64] = []
        for tile in tiles[lowerBound(first.order)...] {
            guard tile.kind == kind else { break }
            if tile.end > covered, places.last != tile.index { places.append(tile.index) }
        }
        return places
    }

    private func lowerBound(_ order: (Int, UInt64, Int)) -> Int {
        var (low, high) = (0, tiles.count)
        while low < high {
            let middle = (low + high) / 2
            if tiles[middle].order < order { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension TilePath {
    /// Entries first, then hashes by level; then by index and width.
    fileprivate var order: (Int, UInt64, Int) {
        if case .hashes(let level) = kind { (level + 1, index, width) } else { (0, index, width) }
    }
}
