/// The path of a tile or an entry bundle below the log's prefix (C2SP tlog-tiles).
///
/// `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`, where N is written in zero-padded groups of three
/// digits, all but the last with an `x` before them: index 1234067 is `x001/x234/067`.
public struct TilePath: Hashable, Sendable {
    /// How many hashes or entries a full tile or bundle holds.
    public static let fullWidth = 256
    /// The highest level a tile can have in a tree of fewer than 2^63 leaves; the format itself goes to 63.
    static let highestLevel = 7

    public enum Kind: Hashable, Sendable {
        case entries
        /// Hashes of complete subtrees of 256^level leaves.
        case hashes(level: Int)
    }

    public let kind: Kind
    /// The tile's number within its kind and level.
    public let index: UInt64
    /// 1 to 256; below 256 the tile is partial.
    public let width: Int

    /// A tile of hashes, which must be one of a tree of fewer than 2^63 leaves.
    public static func tile(level: Int, index: UInt64, width: Int = TilePath.fullWidth) -> TilePath {
        checked(TilePath(.hashes(level: level), index: index, width: width))
    }

    /// A bundle of entries, which must be one of a log of fewer than 2^63 entries.
    public static func entries(index: UInt64, width: Int = TilePath.fullWidth) -> TilePath {
        checked(TilePath(.entries, index: index, width: width))
    }

    private static func checked(_ path: TilePath?) -> TilePath {
        guard let path else { preconditionFailure("no tree of fewer than 2^63 leaves has this tile") }
        return path
    }

    /// Nil for a width outside 1...256 or a tile that no tree of fewer than 2^63 leaves has.
    init?(_ kind: Kind, index: UInt64, width: Int = TilePath.fullWidth) {
        var level = 0
        if case .hashes(let number) = kind { level = number }
        guard (1...Self.fullWidth).contains(width), (0...Self.highestLevel).contains(level),
            index < 1 << 55
        else { return nil }
        let end = index << 8 + UInt64(width)
        let (leaves, overflow) = end.multipliedReportingOverflow(by: 1 << UInt64(8 * level))
        guard !overflow, leaves <= 1 << 63 else { return nil }
        self.kind = kind
        self.index = index
        self.width = width
    }

    public var isFull: Bool { width == Self.fullWidth }

    /// The most bytes that the file can have.
    public var maximumSizeBytes: Int {
        kind == .entries ? width * (EntryBundle.maximumEntryBytes + 2) : width * TreeHash.sizeBytes
    }

    /// 0 for entries, which the hashes of level 0 stand for one by one.
    var level: Int { if case .hashes(let level) = kind { level } else { 0 } }

    /// The first leaf under the hash or entry number `offset` of the tile.
    func leafIndex(at offset: Int) -> UInt64 { (index << 8 + UInt64(offset)) << UInt64(8 * level) }

    /// How many hashes of its level there are up to the end of the tile.
    var end: UInt64 { index << 8 + UInt64(width) }

    /// The same place with another width, 1...256.
    func resized(to width: Int) -> TilePath? { TilePath(kind, index: index, width: width) }

    /// The same place as a tree of `size` leaves has it, if that is wider.
    public func widened(inTreeOf size: UInt64) -> TilePath? {
        let present = size >> UInt64(8 * level)
        guard present > end else { return nil }
        return resized(to: Int(min(UInt64(Self.fullWidth), present - index << 8)))
    }
}

extension TilePath: CustomStringConvertible {
    public var description: String { path }

    /// The path, without a leading slash.
    public var path: String {
        let folder = if case .hashes(let level) = kind { String(level) } else { "entries" }
        return "tile/\(folder)/\(number)" + (isFull ? "" : ".p/\(width)")
    }

    private var number: String {
        var groups: [String] = []
        var rest = index
        repeat {
            let digits = String(rest % 1000)
            groups.append(String(repeating: "0", count: 3 - digits.utf8.count) + digits)
            rest /= 1000
        } while rest > 0
        return (groups.dropFirst().reversed().map { "x" + $0 } + [groups[0]]).joined(separator: "/")
    }
}

extension TilePath {
    /// Reads a path; nil unless it is exactly how this tile's path is written.
    public init?(_ path: String) {
        var parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { Array($0) }
        guard parts.count >= 3, parts[0] == Array("tile".utf8) else { return nil }
        let folder = parts[1]
        parts.removeFirst(2)
        var width = Self.fullWidth
        if parts.count >= 2, parts[parts.count - 2].suffix(2) == Array(".p".utf8)[...] {
            guard let partial = UInt64(canonical: parts.removeLast()), partial < Self.fullWidth else {
                return nil
            }
            width = Int(partial)
            parts[parts.count - 1].removeLast(2)
        }
        guard let index = Self.index(of: parts) else { return nil }
        if folder == Array("entries".utf8) {
            self.init(.entries, index: index, width: width)
        } else if let level = UInt64(canonical: folder), level <= Self.highestLevel {
            self.init(.hashes(level: Int(level)), index: index, width: width)
        } else {
            return nil
        }
    }

    /// Nil for a group too many: at most 21 digits could overflow, and no index below 2^55 needs them.
    private static func index(of groups: [[UInt8]]) -> UInt64? {
        guard (1...6).contains(groups.count) else { return nil }
        var index: UInt64 = 0
        for (position, group) in groups.enumerated() {
            let isLast = position == groups.count - 1
            guard isLast || group.first == UInt8(ascii: "x") else { return nil }
            let digits = isLast ? group : Array(group.dropFirst())
            guard digits.count == 3, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
            let value = digits.reduce(0) { $0 * 10 + UInt64($1 - 48) }
            guard isLast || position > 0 || value > 0 else { return nil }
            index = index * 1000 + value
        }
        return index
    }
}

extension UInt64 {
    /// Reads ASCII decimal without sign or leading zeros; nil for anything else or what does not fit.
    init?(canonical digits: some Collection<UInt8>) {
        guard !digits.isEmpty, digits.first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit - 48))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        self = value
    }
}
