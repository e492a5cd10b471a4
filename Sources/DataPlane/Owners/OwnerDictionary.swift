import Model

/// Gives every owner key its ordinal, in order of first appearance, and counts the rows of each.
///
/// Two keys are the same owner only if all their bytes are: the hash only says where to look. A key that
/// passed to another owner has an ordinal for what came before and one for what comes from some version on;
/// what is added gets the newest.
struct OwnerDictionary {
    /// The ordinal of rows that belong to nobody; never given to a key.
    static let nobody = UInt32.max

    let hash: KeyedHash
    private(set) var keys: [UInt8] = []
    /// Where each key lies in `keys`. A key without bytes belongs to nobody: the rows of its owner were
    /// deleted, or all rows belong to one owner, who needs no key.
    private var places: [Place] = []
    /// Where the ordinals of each version begin, ascending.
    private var eras: [(first: UInt32, version: UInt32)] = []
    /// By ordinal; behind the last there are none.
    private var rows: [UInt32] = []
    /// Open addressing, at most half full: 0, or an ordinal plus 1. Of several ordinals of a key only the
    /// newest stands here; the others hang behind it in `earlier`.
    private var table: [Slot]
    /// Of an ordinal, the one of the same key before it plus 1; few keys ever have two.
    private var earlier: [UInt32: UInt32] = [:]

    init(hash: KeyedHash = .random()) {
        self.hash = hash
        table = [Slot](repeating: Slot(), count: 64)
    }

    /// With half of the hash, so that another key's is seldom looked at. There is never a table so large that
    /// it does not say where it belongs: keys of 4 GiB are fewer than a billion.
    private struct Slot: BitwiseCopyable {
        var ordinal: UInt32 = 0
        var mark: UInt32 = 0
    }

    /// With its first bytes, which mostly are the whole key: all of it lies in one line of the cache.
    private struct Place: BitwiseCopyable {
        var end: UInt32
        var length: UInt32
        var prefix: UInt64
    }

    var count: Int { places.count }

    var slotCount: Int { table.count }

    func slot(_ index: Int) -> UInt32 { table[index].ordinal }

    func keyEnd(_ ordinal: Int) -> UInt32 { places[ordinal].end }

    /// The version with which the ordinal began.
    func since(_ ordinal: Int) -> UInt32 {
        // The first that begins behind it.
        var (low, high) = (0, eras.count)
        while low < high {
            let middle = (low + high) / 2
            if eras[middle].first <= ordinal { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? eras[low - 1].version : 0
    }

    func rows(_ ordinal: Int) -> UInt32 { ordinal < rows.count ? rows[ordinal] : 0 }

    /// The ordinal of the same key before it plus 1, or 0.
    func earlier(_ ordinal: Int) -> UInt32 { earlier.isEmpty ? 0 : earlier[UInt32(ordinal)] ?? 0 }

    func range(_ ordinal: UInt32) -> Range<Int> {
        let place = places[Int(ordinal)]
        return Int(place.end - place.length)..<Int(place.end)
    }

    /// The ordinal of the key `bytes[range]`; a new one if it was not seen before.
    /// - Parameter version: the one that is being made.
    mutating func ordinal(
        of bytes: [UInt8], _ range: Range<Int>, version: Int
    ) throws(ClientFault) -> UInt32 {
        let key = bytes.span.extracting(range)
        return try ordinal(of: key, hash: hash.of(key), version: version)
    }

    /// - Parameter hash: of the key.
    mutating func ordinal(
        of key: Span<UInt8>, hash: UInt64, version: Int
    ) throws(ClientFault) -> UInt32 {
        let slot = slot(of: key, hash)
        let known = table[slot].ordinal
        return known > 0 ? known - 1 : try add(key, slot, hash, since: version)
    }

    /// The ordinals of many keys, each where a range of the text says; an empty one is nobody's.
    ///
    /// Keys come in any order, and waiting for memory is most of what finding one costs: what will be looked
    /// at is brought near for many at a time, first slots, then what they lead to, then keys that are longer
    /// than what stands there.
    mutating func ordinals(
        of ranges: [Range<Int>], in text: Span<UInt8>, version: Int, into output: inout [UInt32]
    ) throws(ClientFault) {
        output.removeAll(keepingCapacity: true)
        var hashes = InlineArray<256, UInt64>(repeating: 0)
        var likely = InlineArray<256, UInt32>(repeating: 0)
        while output.count < ranges.count {
            let first = output.count
            let count = min(hashes.count, ranges.count - first)
            for index in 0..<count {
                hashes[index] = hash.of(text.extracting(ranges[first + index]))
                table.prefetch(start(hashes[index]))
            }
            for index in 0..<count {
                likely[index] = likelyOrdinal(hashes[index])
                if likely[index] > 0 { places.prefetch(Int(likely[index]) - 1) }
            }
            for index in 0..<count where ranges[first + index].count > 8 && likely[index] > 0 {
                keys.prefetch(range(likely[index] - 1).lowerBound)
            }
            for index in 0..<count {
                let key = text.extracting(ranges[first + index])
                if key.isEmpty {
                    output.append(Self.nobody)
                } else if likely[index] > 0, isKey(likely[index] - 1, key) {
                    output.append(likely[index] - 1)
                } else {
                    output.append(try ordinal(of: key, hash: hashes[index], version: version))
                }
            }
        }
    }

    /// Of the key with this hash, most likely, plus 1; 0 if there is none.
    @inline(__always)
    private func likelyOrdinal(_ hash: UInt64) -> UInt32 {
        var slot = start(hash)
        let mark = Self.mark(hash)
        while table[slot].ordinal > 0, table[slot].mark != mark { slot = (slot + 1) & (table.count - 1) }
        return table[slot].ordinal
    }

    /// Begins a new ordinal for a key that passed to another owner; a key that has no rows needs none.
    mutating func renew(_ key: [UInt8], version: Int) throws(ClientFault) {
        let hash = hash.of(key.span)
        let slot = slot(of: key.span, hash)
        guard table[slot].ordinal > 0 else { return }
        _ = try add(key.span, slot, hash, since: version)
    }

    /// Distinct keys that have rows. Of a key that passed to another owner any ordinal may have some.
    var owners: Int {
        var counted = [Bool](repeating: false, count: count)
        var total = 0
        for newest in (0..<count).reversed() where !counted[newest] {
            var hasRows = false
            var next = newest + 1
            while next > 0 {
                counted[next - 1] = true
                hasRows = hasRows || rows(next - 1) > 0
                next = Int(earlier(next - 1))
            }
            total += hasRows ? 1 : 0
        }
        return total
    }

    /// - Parameter counts: of rows, by ordinal.
    mutating func addRows(_ counts: [UInt32]) {
        if rows.isEmpty {
            rows = Array(counts.prefix(count))
            return
        }
        makeRows(min(count, counts.count))
        for (ordinal, count) in counts.enumerated() where ordinal < rows.count { rows[ordinal] += count }
    }

    private mutating func makeRows(_ count: Int) {
        if rows.count < count { rows.append(contentsOf: repeatElement(0, count: count - rows.count)) }
    }

    /// The same without some ordinals' keys and rows: they lead to nobody any more.
    func forgetting(_ forgotten: Set<UInt32>) throws(ClientFault) -> OwnerDictionary {
        var rest = OwnerDictionary(hash: hash)
        for ordinal in 0..<UInt32(count) {
            let range = forgotten.contains(ordinal) ? 0..<0 : range(ordinal)
            try rest.adopt(
                keys.span.extracting(range), since: Int(since(Int(ordinal))),
                rows: forgotten.contains(ordinal) ? 0 : Int(rows(Int(ordinal))))
        }
        return rest
    }

    /// Takes over an ordinal of an earlier version, in their order.
    mutating func adopt(_ key: Span<UInt8>, since version: Int, rows count: Int) throws(ClientFault) {
        let hash = hash.of(key)
        _ = try add(key, key.isEmpty ? nil : slot(of: key, hash), hash, since: version)
        makeRows(self.count)
        rows[self.count - 1] = UInt32(count)
    }

    private mutating func add(
        _ key: Span<UInt8>, _ slot: Int?, _ hash: UInt64, since version: Int
    ) throws(ClientFault) -> UInt32 {
        guard keys.count + key.count <= Int(UInt32.max), count < Int(Self.nobody) - 1 else {
            throw ClientFault(
                .tooLarge, "too_many_owners", "the owner keys take more than 4 GiB",
                remedy: "split the dataset")
        }
        keys.append(key, 0..<key.count)
        places.append(
            Place(end: UInt32(keys.count), length: UInt32(key.count), prefix: Self.prefix(key)))
        if eras.last?.version != UInt32(version) { eras.append((UInt32(count - 1), UInt32(version))) }
        if let before = slot.map({ table[$0].ordinal }), before > 0 { earlier[UInt32(count - 1)] = before }
        if let slot { table[slot] = Slot(ordinal: UInt32(count), mark: Self.mark(hash)) }
        if 2 * count > table.count { grow() }
        return UInt32(count - 1)
    }

    private mutating func grow() {
        var grown = [Slot](repeating: Slot(), count: 2 * table.count)
        let mask = grown.count - 1
        for entry in table where entry.ordinal > 0 {
            var slot = Int(entry.mark) & mask
            while grown[slot].ordinal > 0 { slot = (slot + 1) & mask }
            grown[slot] = entry
        }
        table = grown
    }

    @inline(__always)
    private func start(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (table.count - 1) }

    @inline(__always)
    private static func mark(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash) }

    /// The first eight bytes, zeros behind a shorter key.
    @inline(__always)
    private static func prefix(_ key: Span<UInt8>) -> UInt64 {
        if key.count >= 8 { return key.load64(0) }
        var word: UInt64 = 0
        for index in key.indices { word |= UInt64(key[index]) << UInt64(8 * index) }
        return word
    }

    /// Where the key stands, or the free slot where it belongs.
    @inline(__always)
    private func slot(of key: Span<UInt8>, _ hash: UInt64) -> Int {
        var slot = start(hash)
        let mark = Self.mark(hash)
        while table[slot].ordinal > 0 {
            if table[slot].mark == mark, isKey(table[slot].ordinal - 1, key) { break }
            slot = (slot + 1) & (table.count - 1)
        }
        return slot
    }

    @inline(__always)
    private func isKey(_ ordinal: UInt32, _ key: Span<UInt8>) -> Bool {
        let place = places[Int(ordinal)]
        guard Int(place.length) == key.count, place.prefix == Self.prefix(key) else { return false }
        return key.count <= 8 || keys.span.isEqual(range(ordinal), to: key)
    }
}
