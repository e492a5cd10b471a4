/// A lower-case UUID version 7 (RFC 9562 section 5.7), typed by what it names so that a grant's identifier
/// cannot be passed for an agreement's.
public struct Identifier<Subject>: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Sixteen bytes, big-endian: 48 bits of milliseconds, then version, variant and 74 random bits.
    let high: UInt64, low: UInt64

    /// Makes a new identifier from a time and 80 bits of randomness, both from outside.
    ///
    /// Of `random` 74 bits are used; two identifiers of one millisecond differ unless those are equal. A time
    /// that 48 bits cannot hold (before 1970, after the year 10889) counts as the nearest one that they can.
    public init(at time: Instant, random: (UInt16, UInt64)) {
        let milliseconds = min(UInt64(clamping: time.milliseconds), 0xFFFF_FFFF_FFFF)
        high = milliseconds << 16 | 0x7000 | UInt64(random.0 & 0x0FFF)
        low = 0x8000_0000_0000_0000 | random.1 & 0x3FFF_FFFF_FFFF_FFFF
    }

    /// Reads the canonical text form; nil for upper case, another version or another variant.
    public init?(_ text: some StringProtocol) {
        let characters = Array(text.utf8)
        guard characters.count == 36, [8, 13, 18, 23].allSatisfy({ characters[$0] == UInt8(ascii: "-") })
        else {
            return nil
        }
        let digits = characters.filter { $0 != UInt8(ascii: "-") }
        guard digits.count == 32, !digits.contains(where: { (65...70).contains($0) }),
            let bytes = Hex.decode(String(decoding: digits, as: UTF8.self)),
            bytes[6] >> 4 == 7, bytes[8] >> 6 == 2
        else { return nil }
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    public var description: String {
        let digits = Array(Hex.encode(bytes).utf8)
        let parts = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
        return parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
    }

    public var bytes: [UInt8] {
        [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }
    }

    /// The moment it was made, to the millisecond.
    public var time: Instant { Instant(milliseconds: Int64(high >> 16)) }

    public static func < (a: Self, b: Self) -> Bool { (a.high, a.low) < (b.high, b.low) }
}

public typealias PersonID = Identifier<Person>
public typealias RequestID = Identifier<AccessRequest>
public typealias AgreementID = Identifier<Agreement>
public typealias GrantID = Identifier<Grant>
