/// Reads the head of an entry in one pass if the entry is plainly canonical: without building its value,
/// which is what makes millions of entries bearable.
///
/// It answers nil whenever a closer look is needed, and a closer look is always allowed: escapes, text beyond
/// ASCII, numbers that are not short integers, deep nesting. Invariant: what it accepts is canonical JSON.
struct PlainEntryScanner {
    private var position = 0
    private var head = EntryHead()

    private static let maximumDepth = 16
    /// More digits might go beyond 2^53.
    private static let maximumDigits = 15
    private static let quote = UInt8(ascii: "\"")

    static func head(of entry: [UInt8]) -> EntryHead? { head(of: entry.span) }

    static func head(of entry: Span<UInt8>) -> EntryHead? {
        var scanner = PlainEntryScanner()
        guard scanner.current(entry) == UInt8(ascii: "{"), scanner.skipObject(entry, depth: 1),
            scanner.position == entry.count
        else { return nil }
        return scanner.head
    }

    private init() {}

    /// 0, which no value begins with, at the end.
    private func current(_ bytes: Span<UInt8>) -> UInt8 { position < bytes.count ? bytes[position] : 0 }

    private mutating func skip(_ byte: UInt8, in bytes: Span<UInt8>) -> Bool {
        guard current(bytes) == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipValue(_ bytes: Span<UInt8>, depth: Int) -> Bool {
        guard depth <= Self.maximumDepth else { return false }
        switch current(bytes) {
        case Self.quote: return skipString(bytes) != nil
        case UInt8(ascii: "{"): return skipObject(bytes, depth: depth)
        case UInt8(ascii: "["): return skipArray(bytes, depth: depth)
        case UInt8(ascii: "t"): return skipWord(0x74_72_75_65, count: 4, in: bytes)
        case UInt8(ascii: "f"): return skipWord(0x66_61_6C_73_65, count: 5, in: bytes)
        case UInt8(ascii: "n"): return skipNull(bytes)
        default: return skipInteger(bytes) != nil
        }
    }

    private mutating func skipNull(_ bytes: Span<UInt8>) -> Bool {
        skipWord(0x6E_75_6C_6C, count: 4, in: bytes)
    }

    /// - Parameter word: its bytes, the first the most significant.
    private mutating func skipWord(_ word: UInt64, count: Int, in bytes: Span<UInt8>) -> Bool {
        guard bytes.count - position >= count else { return false }
        var found: UInt64 = 0
        for offset in position..<position + count { found = found << 8 | UInt64(bytes[offset]) }
        guard found == word else { return false }
        position += count
        return true
    }

    /// The range between the quotes; nil unless every character stands for itself.
    private mutating func skipString(_ bytes: Span<UInt8>) -> Range<Int>? {
        guard skip(Self.quote, in: bytes) else { return nil }
        let start = position
        while bytes.count &- position >= 8 {
            let marks = bytes.littleEndianWord(at: position).marksOfStringEnds
            guard marks == 0 else {
                position &+= marks.trailingZeroBitCount / 8
                return closeString(from: start, bytes)
            }
            position &+= 8
        }
        while position < bytes.count, (0x20..<0x80).contains(bytes[position]),
            bytes[position] != Self.quote, bytes[position] != UInt8(ascii: "\\")
        {
            position += 1
        }
        return closeString(from: start, bytes)
    }

    @inline(__always)
    private mutating func closeString(from start: Int, _ bytes: Span<UInt8>) -> Range<Int>? {
        let end = position
        return skip(Self.quote, in: bytes) ? start..<end : nil
    }

    private mutating func skipInteger(_ bytes: Span<UInt8>) -> Int64? {
        let isNegative = skip(UInt8(ascii: "-"), in: bytes)
        let start = position
        var value: Int64 = 0
        while position < bytes.count, bytes[position] &- 48 < 10, position - start < Self.maximumDigits {
            value = value * 10 + Int64(bytes[position] - 48)
            position += 1
        }
        let digits = position - start
        guard digits > 0, bytes[start] != 48 || (digits == 1 && !isNegative) else { return nil }
        return isNegative ? -value : value
    }

    private mutating func skipArray(_ bytes: Span<UInt8>, depth: Int) -> Bool {
        position += 1
        if skip(UInt8(ascii: "]"), in: bytes) { return true }
        repeat {
            guard skipValue(bytes, depth: depth + 1) else { return false }
        } while skip(UInt8(ascii: ","), in: bytes)
        return skip(UInt8(ascii: "]"), in: bytes)
    }

    private mutating func skipObject(_ bytes: Span<UInt8>, depth: Int) -> Bool {
        position += 1
        if skip(UInt8(ascii: "}"), in: bytes) { return true }
        var previous: Range<Int>?
        repeat {
            guard let name = skipString(bytes), skip(UInt8(ascii: ":"), in: bytes) else { return false }
            if let previous, !bytes.ascends(from: previous, to: name) { return false }
            previous = name
            guard depth == 1 ? skipMember(name, bytes) : skipValue(bytes, depth: depth + 1) else {
                return false
            }
        } while skip(UInt8(ascii: ","), in: bytes)
        return skip(UInt8(ascii: "}"), in: bytes)
    }

    /// A member of the entry itself, whose value is kept if it belongs to the head.
    private mutating func skipMember(_ name: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        let first = name.isEmpty ? 0 : bytes[name.lowerBound]
        switch (name.count, first) {
        case (1, UInt8(ascii: "v")): return skipVersion(bytes)
        case (2, UInt8(ascii: "a")) where bytes[name.lowerBound + 1] == UInt8(ascii: "t"):
            return skipTime(bytes)
        case (3, UInt8(ascii: "s"))
        where bytes[name.lowerBound + 1] == UInt8(ascii: "e")
            && bytes[name.lowerBound + 2] == UInt8(ascii: "q"):
            return skipNumber(bytes)
        case (4, UInt8(ascii: "t")): return skipType(name, bytes)
        default: return skipValue(bytes, depth: 2)
        }
    }

    /// Of the members with four letters that begin with `t` only `type` is looked at.
    private mutating func skipType(_ name: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        guard current(bytes) == Self.quote else { return skipValue(bytes, depth: 2) }
        guard let text = skipString(bytes) else { return false }
        // The length tells nearly all other types apart.
        if text.count == 10, bytes.holds("log.pruned", at: text), bytes.holds("type", at: name) {
            head.statesPruning = true
        }
        return true
    }

    private mutating func skipVersion(_ bytes: Span<UInt8>) -> Bool {
        switch current(bytes) {
        case Self.quote: return skipString(bytes) != nil
        case UInt8(ascii: "n"): return skipNull(bytes)
        default:
            guard let value = skipInteger(bytes) else { return false }
            head.isVersionOne = value == 1
            return true
        }
    }

    private mutating func skipTime(_ bytes: Span<UInt8>) -> Bool {
        switch current(bytes) {
        case Self.quote:
            guard let text = skipString(bytes) else { return false }
            head.hasTime = WrittenTime.isOne(bytes.extracting(text))
            return true
        case UInt8(ascii: "n"): return skipNull(bytes)
        default: return skipInteger(bytes) != nil
        }
    }

    private mutating func skipNumber(_ bytes: Span<UInt8>) -> Bool {
        switch current(bytes) {
        case Self.quote:
            head.number = .other
            return skipString(bytes) != nil
        case UInt8(ascii: "n"): return skipNull(bytes)
        default:
            guard let value = skipInteger(bytes) else { return false }
            head.number = .integer(value)
            return true
        }
    }
}

extension UInt64 {
    /// The highest bit of each of eight characters that ends the plain part of a string: a quote, a
    /// backslash, a control character or a byte beyond ASCII. Marks above the lowest may be wrong.
    fileprivate var marksOfStringEnds: UInt64 {
        let highest: UInt64 = 0x8080_8080_8080_8080
        let controls = (self &- 0x2020_2020_2020_2020) & ~self
        return (self | controls | zeroMarks(of: 0x22) | zeroMarks(of: 0x5C)) & highest
    }

    /// Marks, in the highest bits, of the bytes that are `byte`.
    private func zeroMarks(of byte: UInt64) -> UInt64 {
        let difference = self ^ (byte &* 0x0101_0101_0101_0101)
        return (difference &- 0x0101_0101_0101_0101) & ~difference
    }
}

extension Span<UInt8> {
    /// Whether the bytes in a range are those of a text.
    fileprivate func holds(_ text: String, at range: Range<Int>) -> Bool {
        range.count == text.utf8.count
            && zip(range, text.utf8).allSatisfy { position, byte in self[position] == byte }
    }

    /// The eight bytes from `offset`, which must be there, the least significant first.
    @inline(__always)
    fileprivate func littleEndianWord(at offset: Int) -> UInt64 { bigEndianWord(at: offset).byteSwapped }

    /// Whether one name sorts before the other. Among ASCII names the order of bytes is that of UTF-16 code
    /// units (RFC 8785 section 3.2.3).
    fileprivate func ascends(from one: Range<Int>, to other: Range<Int>) -> Bool {
        for offset in 0..<Swift.min(one.count, other.count) {
            let (left, right) = (self[one.lowerBound + offset], self[other.lowerBound + offset])
            if left != right { return left < right }
        }
        return one.count < other.count
    }
}
