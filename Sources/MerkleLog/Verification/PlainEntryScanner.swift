import Model

/// Reads the head of an entry in one pass if the entry is plainly canonical: without building its value,
/// which is what makes millions of entries bearable.
///
/// It answers nil whenever a closer look is needed, and a closer look is always allowed: escapes, text beyond
/// ASCII, numbers that are not short integers, deep nesting. Invariant: what it accepts is canonical JSON.
struct PlainEntryScanner {
    private let bytes: [UInt8]
    private var position = 0
    private var head = EntryHead()

    private static let maximumDepth = 16
    /// More digits might go beyond 2^53.
    private static let maximumDigits = 15

    static func head(of entry: [UInt8]) -> EntryHead? {
        var scanner = PlainEntryScanner(bytes: entry)
        guard entry.first == UInt8(ascii: "{"), scanner.skipObject(depth: 1),
            scanner.position == entry.count
        else { return nil }
        return scanner.head
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipValue(depth: Int) -> Bool {
        guard position < bytes.count, depth <= Self.maximumDepth else { return false }
        switch bytes[position] {
        case UInt8(ascii: "\""): return skipString() != nil
        case UInt8(ascii: "{"): return skipObject(depth: depth)
        case UInt8(ascii: "["): return skipArray(depth: depth)
        case UInt8(ascii: "t"): return skipWord([0x74, 0x72, 0x75, 0x65])
        case UInt8(ascii: "f"): return skipWord([0x66, 0x61, 0x6C, 0x73, 0x65])
        case UInt8(ascii: "n"): return skipWord([0x6E, 0x75, 0x6C, 0x6C])
        default: return skipInteger() != nil
        }
    }

    private mutating func skipWord(_ word: [UInt8]) -> Bool {
        guard bytes[position...].starts(with: word) else { return false }
        position += word.count
        return true
    }

    /// The range between the quotes; nil unless every character stands for itself.
    private mutating func skipString() -> Range<Int>? {
        guard skip(UInt8(ascii: "\"")) else { return nil }
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return start..<position - 1 }
            guard (0x20..<0x80).contains(byte), byte != UInt8(ascii: "\\") else { return nil }
        }
        return nil
    }

    private mutating func skipInteger() -> Int64? {
        let isNegative = skip(UInt8(ascii: "-"))
        let start = position
        var value: Int64 = 0
        while position < bytes.count, (48...57).contains(bytes[position]),
            position - start < Self.maximumDigits
        {
            value = value * 10 + Int64(bytes[position] - 48)
            position += 1
        }
        let digits = position - start
        guard digits > 0, bytes[start] != 48 || (digits == 1 && !isNegative) else { return nil }
        return isNegative ? -value : value
    }

    private mutating func skipArray(depth: Int) -> Bool {
        position += 1
        if skip(UInt8(ascii: "]")) { return true }
        repeat {
            guard skipValue(depth: depth + 1) else { return false }
        } while skip(UInt8(ascii: ","))
        return skip(UInt8(ascii: "]"))
    }

    private mutating func skipObject(depth: Int) -> Bool {
        position += 1
        if skip(UInt8(ascii: "}")) { return true }
        var previous: Range<Int>?
        repeat {
            guard let name = skipString(), skip(UInt8(ascii: ":")) else { return false }
            // Among ASCII names the order of bytes is that of UTF-16 code units.
            if let previous, !bytes[previous].lexicographicallyPrecedes(bytes[name]) { return false }
            previous = name
            guard depth == 1 ? skipMember(name) : skipValue(depth: depth + 1) else { return false }
        } while skip(UInt8(ascii: ","))
        return skip(UInt8(ascii: "}"))
    }

    /// A member of the entry itself, whose value is kept if it belongs to the head.
    private mutating func skipMember(_ name: Range<Int>) -> Bool {
        switch name.count {
        case 1 where bytes[name.lowerBound] == UInt8(ascii: "v"):
            head.version = scalar()
            return head.version != nil
        case 2 where bytes[name] == [0x61, 0x74]:
            head.time = scalar()
            return head.time != nil
        case 3 where bytes[name] == [0x73, 0x65, 0x71]:
            head.number = scalar()
            return head.number != nil
        default: return skipValue(depth: 2)
        }
    }

    private mutating func scalar() -> JSON? {
        guard position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "\""):
            return skipString().map { .string(String(decoding: bytes[$0], as: UTF8.self)) }
        case UInt8(ascii: "n"): return skipWord([0x6E, 0x75, 0x6C, 0x6C]) ? .null : nil
        default: return skipInteger().map(JSON.integer)
        }
    }
}
