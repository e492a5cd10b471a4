public import Model

/// The owner keys of a connected dataset that are somebody's, each with the ordinal by which owner filters
/// know it. Rows with any other key are withheld.
///
/// Immutable: whoever keeps the links makes a new one when they change, with a new identity, and a filter for
/// it; streams may take both at a next block, or stay with theirs. Takes 24 bytes a key besides the keys.
///
/// Rows of a connected dataset do not say when they came. So a key that passed from one owner to another is
/// to be left out, as the rows of the one cannot be told from those of the other.
public final class ConnectedOwners: Sendable {
    /// What tells it apart from those before and after it.
    public let identity: VersionIdentity
    /// Ordinals run from 0 to one below.
    public let count: Int
    private let hash: KeyedHash
    /// In buckets of four, one line of the processor's cache each; four fifths full. A key that finds its
    /// bucket full is in the next that is not.
    private let slots: [Slot]
    /// Where the first bucket begins, so that buckets lie in lines.
    private let offset: Int
    private let bucketCount: Int
    /// Where each key ends in `keys`, by ordinal.
    private let ends: [UInt32]
    private let keys: [UInt8]

    private struct Slot: BitwiseCopyable {
        var mark = Mark(first: 0, second: 0)
        /// Plus 1; 0 in a free slot.
        var ordinal: UInt32 = 0
    }

    /// What a slot knows of its key: a short one as a whole, of a longer one its length and 88 bits of its
    /// hash.
    struct Mark: Hashable, BitwiseCopyable {
        var first: UInt64
        /// The lowest byte is the length, 255 for all that are longer.
        var second: UInt32
    }

    /// A key that is looked for.
    struct Probe: BitwiseCopyable {
        static let none = Probe(mark: Mark(first: 0, second: 0), start: .max)

        var mark: Mark
        /// The bucket where it is if there was room.
        var start: UInt32

        /// Whether there is a key.
        @inline(__always)
        var isAny: Bool { start != .max }
    }

    private static let bucketSlots = 4
    /// As long keys are in a slot as a whole.
    static let shortBytes = 11

    /// - Parameter keys: by ordinal. An empty one is no row's, but all rows' of a dataset of a single owner.
    /// - Throws: `ClientFault` for a key that is there twice, and for more than 4 GiB of keys.
    public convenience init(identity: VersionIdentity, keys: [String]) throws(ClientFault) {
        try self.init(identity: identity, keys: keys, hash: .random())
    }

    init(identity: VersionIdentity, keys texts: [String], hash: KeyedHash) throws(ClientFault) {
        self.identity = identity
        self.hash = hash
        count = texts.count
        var keys: [UInt8] = []
        var ends: [UInt32] = []
        ends.reserveCapacity(texts.count)
        for text in texts {
            keys += text.utf8
            guard let end = UInt32(exactly: keys.count), ends.count < Int(OwnerDictionary.nobody) - 1 else {
                throw ClientFault(
                    .tooLarge, "too_many_owners", "the owner keys take more than 4 GiB",
                    remedy: "split the dataset")
            }
            ends.append(end)
        }
        let buckets = (texts.count + texts.count / 4) / Self.bucketSlots + 1
        var slots = [Slot](repeating: Slot(), count: buckets * Self.bucketSlots + Self.bucketSlots)
        let offset = slots.lineOffset
        for ordinal in ends.indices {
            let range = Self.range(ordinal, ends)
            guard !range.isEmpty else { continue }
            let key = keys.span.extracting(range)
            let probe = Self.probe(key, hash, buckets)
            var slot = Int(probe.start) * Self.bucketSlots
            while slots[offset + slot].ordinal > 0 {
                let other = Self.range(Int(slots[offset + slot].ordinal) - 1, ends)
                if other.count == range.count, keys.span.isEqual(other, to: key) {
                    throw ClientFault(
                        .badInput, "duplicate_owner_key", "an owner key is there twice", field: "owner_key",
                        found: texts[ordinal], remedy: "link each key once")
                }
                slot = slot + 1 == buckets * Self.bucketSlots ? 0 : slot + 1
            }
            slots[offset + slot] = Slot(mark: probe.mark, ordinal: UInt32(ordinal + 1))
        }
        (self.keys, self.ends, self.slots, self.offset) = (keys, ends, slots, offset)
        bucketCount = buckets
    }

    /// The key of an ordinal.
    public func key(of ordinal: UInt32) -> String {
        String(decoding: keys[Self.range(Int(ordinal), ends)], as: UTF8.self)
    }

    /// The ordinal of a key by its exact bytes.
    public func ordinal(of key: String) -> UInt32? {
        let key = Array(key.utf8)
        return find(key.span).map { UInt32($0) }
    }

    // MARK: Looking for keys

    @inline(__always)
    func find(_ key: Span<UInt8>) -> Int? {
        guard let ordinal = candidate(probe(key)), isKey(ordinal, key) else { return nil }
        return ordinal
    }

    @inline(__always)
    func probe(_ key: Span<UInt8>) -> Probe { Self.probe(key, hash, bucketCount) }

    /// Has what `candidate` will look at brought near: keys come in any order, and waiting for memory is most
    /// of what finding one costs.
    @inline(__always)
    func prefetch(_ probe: Probe) { slots.prefetch(offset &+ Int(probe.start) &* Self.bucketSlots) }

    @inline(__always)
    func prefetchSecond(_ probe: Probe) {
        let second = Int(probe.start) &+ 1 == bucketCount ? 0 : Int(probe.start) &+ 1
        slots.prefetch(offset &+ second &* Self.bucketSlots)
    }

    /// The candidate, if it is in the bucket where it is to be looked for first; `Int.nowhere`, or
    /// `Int.further` where that bucket is full of others.
    @inline(__always)
    func inFirstBucket(_ probe: Probe) -> Int {
        let first = offset &+ Int(probe.start) &* Self.bucketSlots
        for slot in first..<first &+ Self.bucketSlots {
            let entry = slots[slot]
            if entry.mark == probe.mark, entry.ordinal > 0 { return Int(entry.ordinal) &- 1 }
        }
        return slots[first &+ Self.bucketSlots &- 1].ordinal == 0 ? .nowhere : .further
    }

    /// The ordinal whose key this is, if it is any's. Of a long key that is as good as certain; before its
    /// rows are released `isKey` makes sure.
    @inline(__always)
    func candidate(_ probe: Probe) -> Int? {
        var slot = Int(probe.start) &* Self.bucketSlots
        while true {
            let entry = slots[offset &+ slot]
            if entry.ordinal == 0 { return nil }
            if entry.mark == probe.mark { return Int(entry.ordinal) &- 1 }
            slot = slot &+ 1 == bucketCount &* Self.bucketSlots ? 0 : slot &+ 1
        }
    }

    /// Whether the candidate has this key, by all its bytes.
    @inline(__always)
    func isKey(_ ordinal: Int, _ key: Span<UInt8>) -> Bool {
        // The mark was the key.
        if key.count <= Self.shortBytes { return true }
        let range = Self.range(ordinal, ends)
        let keys = keys
        return range.count == key.count && keys.span.isEqual(range, to: key)
    }

    @inline(__always)
    private static func range(_ ordinal: Int, _ ends: [UInt32]) -> Range<Int> {
        (ordinal > 0 ? Int(ends[ordinal - 1]) : 0)..<Int(ends[ordinal])
    }

    @inline(__always)
    private static func probe(_ key: Span<UInt8>, _ hash: KeyedHash, _ buckets: Int) -> Probe {
        if key.count <= shortBytes {
            let place = hash.of(key)
            return Probe(mark: Mark(short: key), start: start(place, buckets))
        }
        let (place, other) = hash.pair(of: key)
        let length = UInt32(min(key.count, 255))
        let mark = Mark(first: other, second: UInt32(truncatingIfNeeded: place) << 8 | length)
        return Probe(mark: mark, start: start(place, buckets))
    }

    @inline(__always)
    private static func start(_ hash: UInt64, _ buckets: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: (hash >> 32 &* UInt64(buckets)) >> 32)
    }
}

extension Int {
    /// What `ConnectedOwners.inFirstBucket` finds besides ordinals.
    static let nowhere = -1
    static let further = -2
}

extension ConnectedOwners.Mark {
    /// Of a key of at most 11 bytes: the key.
    @inline(__always)
    fileprivate init(short key: Span<UInt8>) {
        let length = UInt32(key.count)
        if key.count >= 8 {
            let rest = UInt64(truncatingIfNeeded: key.load32(key.count - 4)) >> UInt64(8 * (12 - key.count))
            self.init(first: key.load64(0), second: UInt32(truncatingIfNeeded: rest << 8) | length)
        } else {
            var word: UInt64 = 0
            for index in key.indices { word |= UInt64(key[index]) << UInt64(8 * index) }
            self.init(first: word, second: length)
        }
    }
}
