/// The tiles of consecutive places in the tree of a checkpoint, in the order in which a verifier reads them.
public struct TileRange: Hashable, Sendable {
    private let kinds: [TilePath.Kind]
    private let places: Range<UInt64>
    /// How many entries the checkpoint covers.
    private let size: UInt64

    /// - Parameters:
    ///   - kinds: what is read at each place, in this order; of the lowest level.
    ///   - size: how many entries the checkpoint covers: the last place may be narrower.
    init(_ kinds: [TilePath.Kind], places: Range<UInt64>, size: UInt64) {
        self.kinds = kinds
        self.places = places
        self.size = size
    }

    /// How many tiles there are.
    public var count: Int { kinds.count * places.count }

    /// - Parameter position: from 0 to below `count`.
    public subscript(position: Int) -> TilePath {
        let index = places.lowerBound + UInt64(position / kinds.count)
        let width = Int(min(size - index << 8, UInt64(TilePath.fullWidth)))
        return switch kinds[position % kinds.count] {
        case .entries: .entries(index: index, width: width)
        case .hashes(let level): .tile(level: level, index: index, width: width)
        }
    }
}
