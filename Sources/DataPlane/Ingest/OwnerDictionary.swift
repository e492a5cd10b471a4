import Model

/// Gives every owner key its ordinal, in order of first appearance.
///
/// Two keys are the same owner only if all their bytes are: the hash (seeded anew in every process, so that
/// no publisher can make keys collide on purpose) only says where to look.
struct OwnerDictionary {
    /// The ordinal of rows that belong to nobody; never given to a key.
    static let nobody = UInt32.max

    private(set) var keys: [UInt8] = []
    /// Where each key ends in `keys`.
    private(set) var ends: [UInt32] = []
    /// Open addressing, at most half full: 0, or an ordinal plus 1.
    private var slots = [UInt32](repeating: 0, count: 64)
    private var last: UInt32?

    var count: Int { ends.count }

    /// The ordinal of the key `bytes[range]`; a new one if it was not seen before.
    mutating func ordinal(of bytes: [UInt8], _ range: Range<Int>) throws(ClientFault) -> UInt32 {
        let key = bytes.span.extracting(range)
        if let last, isKey(last, key) { return last }
        let slot = slot(of: key)
        let ordinal = slots[slot] > 0 ? slots[slot] - 1 : try add(key, slot)
        last = ordinal
        return ordinal
    }

    /// The ordinals in ascending order of their keys' bytes.
    func sorted() -> [UInt32] {
        let prefixes = (0..<UInt32(count)).map(prefix)
        return (0..<UInt32(count)).sorted { a, b in
            let (first, second) = (prefixes[Int(a)], prefixes[Int(b)])
            return first != second
                ? first < second : keys[range(a)].lexicographicallyPrecedes(keys[range(b)])
        }
    }

    func range(_ ordinal: UInt32) -> Range<Int> {
        Int(ordinal > 0 ? ends[Int(ordinal) - 1] : 0)..<Int(ends[Int(ordinal)])
    }

    /// The first eight bytes, zeros behind a shorter key: mostly enough to sort by.
    private func prefix(_ ordinal: UInt32) -> UInt64 {
        let range = range(ordinal)
        return (0..<8).reduce(0) { word, index in
            let position = range.lowerBound + index
            return word << 8 | (position < range.upperBound ? UInt64(keys[position]) : 0)
        }
    }

    private mutating func add(_ key: Span<UInt8>, _ slot: Int) throws(ClientFault) -> UInt32 {
        guard keys.count + key.count <= Int(UInt32.max), count < Int(Self.nobody) - 1 else {
            throw ClientFault(
                .tooLarge, "too_many_owners", "the owner keys take more than 4 GiB",
                remedy: "split the dataset")
        }
        keys.append(key, 0..<key.count)
        ends.append(UInt32(keys.count))
        slots[slot] = UInt32(count)
        if 2 * count > slots.count { grow() }
        return UInt32(count - 1)
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: 2 * slots.count)
        for ordinal in 0..<UInt32(count) {
            let slot = slot(of: keys.span.extracting(range(ordinal)))
            slots[slot] = ordinal + 1
        }
    }

    /// Where the key stands, or the free slot where it belongs.
    private func slot(of key: Span<UInt8>) -> Int {
        var slot = Self.hash(key) & (slots.count - 1)
        while slots[slot] > 0, !isKey(slots[slot] - 1, key) { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    private func isKey(_ ordinal: UInt32, _ key: Span<UInt8>) -> Bool {
        let range = range(ordinal)
        return range.count == key.count && key.indices.allSatisfy { keys[range.lowerBound + $0] == key[$0] }
    }

    private static func hash(_ key: Span<UInt8>) -> Int {
        var hasher = Hasher()
        var word: UInt64 = 0
        for index in key.indices {
            word = word << 8 | UInt64(key[index])
            if index & 7 == 7 { hasher.combine(word) }
        }
        hasher.combine(word)
        hasher.combine(key.count)
        return hasher.finalize()
    }
}
