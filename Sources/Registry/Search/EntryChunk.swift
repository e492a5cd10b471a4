/// Which of 8,192 consecutive entries of the log have something in common.
///
/// The lists behind the filters of a query are kept in such chunks, each a row: any number of filters is
/// answered by going through the chunks from one end and taking the common bits, so the worst query over a
/// million entries reads 123 rows a filter. (Lists of single indexes would make two filters that never meet
/// read half the log.)
struct EntryChunk: Hashable {
    static let width: UInt64 = 8192
    private static let wordCount = 128
    private static let bitmapBytes = 1024

    private var words = [UInt64](repeating: 0, count: wordCount)

    /// The chunk that an entry falls into.
    static func number(of index: UInt64) -> Int64 { Int64(index / width) }

    /// The entries of a chunk.
    static func range(_ number: Int64) -> Range<UInt64> {
        UInt64(number) * width..<(UInt64(number) + 1) * width
    }

    init() {}

    /// Those of these entries that are in the chunk `number`.
    init(_ number: Int64, of range: Range<UInt64>) {
        let own = Self.range(number).clamped(to: range)
        for index in own { insert(index) }
    }

    mutating func insert(_ index: UInt64) {
        let offset = index % Self.width
        words[Int(offset / 64)] |= 1 << (offset % 64)
    }

    func contains(_ index: UInt64) -> Bool {
        let offset = index % Self.width
        return words[Int(offset / 64)] >> (offset % 64) & 1 == 1
    }

    mutating func formUnion(_ other: EntryChunk) {
        for place in words.indices { words[place] |= other.words[place] }
    }

    mutating func formIntersection(_ other: EntryChunk) {
        for place in words.indices { words[place] &= other.words[place] }
    }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The entries of the chunk, ascending.
    func indexes(in number: Int64) -> [UInt64] {
        let first = UInt64(number) * Self.width
        var indexes: [UInt64] = []
        for (place, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                indexes.append(first + UInt64(place * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return indexes
    }
}

extension EntryChunk {
    /// As stored: two bytes a place, ascending, or a bit a place where that is shorter.
    init?(_ stored: [UInt8]) {
        if stored.count == Self.bitmapBytes {
            for place in stored.indices { words[place / 8] = words[place / 8] << 8 | UInt64(stored[place]) }
            return
        }
        guard stored.count < Self.bitmapBytes, stored.count % 2 == 0 else { return nil }
        for place in stride(from: 0, to: stored.count, by: 2) {
            let offset = UInt64(stored[place]) << 8 | UInt64(stored[place + 1])
            guard offset < Self.width else { return nil }
            insert(offset)
        }
    }

    var stored: [UInt8] {
        guard count * 2 < Self.bitmapBytes else {
            return words.flatMap { word in
                (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
            }
        }
        return indexes(in: 0).flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    }
}
