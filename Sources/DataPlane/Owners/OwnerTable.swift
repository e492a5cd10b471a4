/// The owners of a version by ordinal: the file `owners`, mapped.
///
/// It holds, in numbers of four bytes but for the key of the hash (twice eight):
///
///     count of ordinals | count of slots | key of the hash
///     key ends | versions with which they began | rows | ordinals before   (one each an ordinal)
///     slots
///     keys
///
/// What they mean is said at `OwnerDictionary`, of which this is the stored form.
struct OwnerTable: Sendable {
    private static let headBytes = 24

    private let file: MappedFile
    let count: Int
    private let slotCount: Int
    private let hash: KeyedHash

    private var keyEnds: Int { Self.headBytes }
    private var since: Int { keyEnds + 4 * count }
    private var rows: Int { since + 4 * count }
    private var earlier: Int { rows + 4 * count }
    private var slots: Int { earlier + 4 * count }
    private var keys: Int { slots + 4 * slotCount }

    /// Nil if the content makes no sense.
    init?(_ file: MappedFile) {
        guard file.sizeBytes >= Self.headBytes else { return nil }
        self.file = file
        let head = file.withBytes(0..<Self.headBytes) { bytes in
            (bytes.load32(0), bytes.load32(4), KeyedHash(first: bytes.load64(8), second: bytes.load64(16)))
        }
        (count, slotCount, hash) = head
        guard slotCount.nonzeroBitCount == 1, slotCount > count, keys <= file.sizeBytes, isSound else {
            return nil
        }
    }

    /// Whether every number leads to where it can.
    private var isSound: Bool {
        let keyBytes = file.sizeBytes - keys
        return file.withBytes(0..<keys) { bytes in
            var end = 0
            for ordinal in 0..<count {
                let next = bytes.load32(keyEnds + 4 * ordinal)
                guard next >= end, bytes.load32(earlier + 4 * ordinal) <= ordinal else { return false }
                end = next
            }
            guard end == keyBytes else { return false }
            var used = 0
            for slot in 0..<slotCount {
                let ordinal = bytes.load32(slots + 4 * slot)
                guard ordinal <= count else { return false }
                if ordinal > 0 { used += 1 }
            }
            return 2 * used <= slotCount
        }
    }

    @inline(__always)
    private func number(_ offset: Int) -> Int { file.withBytes(offset..<offset + 4) { $0.load32(0) } }

    private func range(_ ordinal: Int) -> Range<Int> {
        precondition(ordinal >= 0 && ordinal < count)
        let start = ordinal == 0 ? 0 : number(keyEnds + 4 * (ordinal - 1))
        return keys + start..<keys + number(keyEnds + 4 * ordinal)
    }

    func key(_ ordinal: Int) -> [UInt8] {
        withKey(ordinal) { bytes in
            var key: [UInt8] = []
            key.append(bytes, 0..<bytes.count)
            return key
        }
    }

    /// Lends the key.
    func withKey<Result, Failure: Error>(
        _ ordinal: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result { try file.withBytes(range(ordinal), body) }

    func rows(_ ordinal: Int) -> Int {
        precondition(ordinal >= 0 && ordinal < count)
        return number(rows + 4 * ordinal)
    }

    /// Of all ordinals.
    var totalRows: Int {
        file.withBytes(rows..<earlier) { bytes in
            (0..<count).reduce(0) { $0 + bytes.load32(4 * $1) }
        }
    }

    /// The version with which the ordinal began.
    func since(_ ordinal: Int) -> Int {
        precondition(ordinal >= 0 && ordinal < count)
        return number(since + 4 * ordinal)
    }

    /// The ordinals of a key by its exact bytes, the newest first.
    func ordinals(of key: [UInt8]) -> [Int] {
        var slot = Int(truncatingIfNeeded: hash.of(key.span)) & (slotCount - 1)
        while true {
            let newest = number(slots + 4 * slot)
            guard newest > 0 else { return [] }
            if isKey(newest - 1, key) { return chain(from: newest) }
            slot = (slot + 1) & (slotCount - 1)
        }
    }

    private func isKey(_ ordinal: Int, _ key: [UInt8]) -> Bool {
        let range = range(ordinal)
        return range.count == key.count && file.withBytes(range) { $0.isEqual(0..<key.count, to: key.span) }
    }

    /// Each is before the one it hangs behind, so this ends.
    private func chain(from newest: Int) -> [Int] {
        var found: [Int] = []
        var next = newest
        while next > 0 {
            found.append(next - 1)
            next = number(earlier + 4 * (next - 1))
        }
        return found
    }

    /// The same as a dictionary that can grow. Ordinals stay what they are.
    func dictionary() throws -> OwnerDictionary {
        var dictionary = OwnerDictionary(hash: hash)
        for ordinal in 0..<count {
            try withKey(ordinal) { key throws in
                try dictionary.adopt(key, since: since(ordinal), rows: rows(ordinal))
            }
        }
        return dictionary
    }
}

extension OwnerDictionary {
    private static let piece = 1 << 16

    /// Writes the file, in pieces: there may be very many owners.
    func write(to path: String, disk: Disk) throws -> Manifest.File {
        let writer = try FileWriter(path, disk: disk)
        var head: [UInt8] = []
        head.append32(count)
        head.append32(slotCount)
        head.append64(hash.first)
        head.append64(hash.second)
        try writer.append(head)
        for number in [keyEnd, since, rows, earlier] { try write(count, number, to: writer) }
        try write(slotCount, slot, to: writer)
        for start in stride(from: 0, to: keys.count, by: Self.piece) {
            try writer.append(Array(keys[start..<min(start + Self.piece, keys.count)]))
        }
        try writer.finish()
        return Manifest.File(sizeBytes: writer.sizeBytes, checksum: writer.checksumValue)
    }

    private func write(_ count: Int, _ number: (Int) -> UInt32, to writer: FileWriter) throws {
        for start in stride(from: 0, to: count, by: Self.piece) {
            let numbers = start..<min(start + Self.piece, count)
            var bytes = [UInt8](repeating: 0, count: 4 * numbers.count)
            var output = bytes.mutableSpan
            for index in numbers { output.store32(number(index), at: 4 * (index - start)) }
            try writer.append(bytes)
        }
    }
}
