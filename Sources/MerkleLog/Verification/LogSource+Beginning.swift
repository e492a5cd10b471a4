/// Where a log begins whose first entries were pruned (C2SP tlog-tiles): what lies wholly below its minimum
/// index may be missing, and what does not is there.
extension LogSource {
    /// The first place of which there is a file, if place 0 has none: found by halving, so that nothing has
    /// to be listed. 0 too if the last place has none: then it is no pruned log, and place 0 is missed.
    ///
    /// Whoever goes on from it has to find every later place, so that it does not matter which of several
    /// beginnings a log with holes shows here. A pruning removes the lowest places first and in each the
    /// bundle before the tile: so cut short, it leaves a log that begins where this says.
    ///
    /// - Parameters:
    ///   - kind: entries, or the hashes of level 0 where entries are not read.
    ///   - size: how many entries the checkpoint covers.
    func firstPlace(of kind: TilePath.Kind, under size: UInt64) -> UInt64 {
        var (missing, present): (UInt64, UInt64) = (0, (size + 255) >> 8)
        guard present > 1, !isThere(kind, index: 0, under: size),
            isThere(kind, index: present - 1, under: size)
        else { return 0 }
        present -= 1
        while present - missing > 1 {
            let middle = missing + (present - missing) / 2
            if isThere(kind, index: middle, under: size) { present = middle } else { missing = middle }
        }
        return present
    }

    /// A file that cannot be read is there: the pass over the log will say why.
    private func isThere(_ kind: TilePath.Kind, index: UInt64, under size: UInt64) -> Bool {
        let width = Int(min(size - index << 8, UInt64(TilePath.fullWidth)))
        for width in Set([width, TilePath.fullWidth]).sorted() {
            guard let path = TilePath(kind, index: index, width: width) else { continue }
            do throws(LogFailure) {
                if try read(path) != nil { return true }
            } catch {
                return true
            }
        }
        return false
    }

    /// The failure of a log that lacks its first file and does not say so.
    func missingFirst(_ kind: TilePath.Kind, under size: UInt64) -> LogFailure {
        let path = TilePath(kind, index: 0, width: Int(min(size, UInt64(TilePath.fullWidth))))
        return LogFailure(.file(path?.path ?? "tile"), at: 0, "is missing")
    }

    /// The edge of the first `size` entries, whole bundles, from the hash tiles of a log of `total` entries.
    func edge(of size: UInt64, under total: UInt64) throws(LogFailure) -> RightEdge {
        var levels: [[TreeHash]] = [[]]
        for level in 1...TilePath.highestLevel where size >> UInt64(8 * level) > 0 {
            let width = RightEdge.partialWidth(level: level, size: size)
            let index = size >> UInt64(8 * (level + 1))
            var hashes: [TreeHash] = []
            if width > 0 {
                // Under the larger tree there is a wider tile in the same place, or the full one.
                let present = total >> UInt64(8 * level) - index << 8
                let tile = try coveringHashes(
                    level: level, index: index, width: Int(min(present, UInt64(TilePath.fullWidth))))
                hashes = Array(tile.hashes.prefix(width))
            }
            levels.append(hashes)
        }
        return RightEdge(size: size, levels: levels)
    }
}
