/// SipHash-2-4 (Aumasson and Bernstein, 2012): without its 16-byte key nobody can choose inputs that collide.
public struct KeyedHash: Sendable {
    private let keys: (UInt64, UInt64)

    /// - Parameter key: 16 secret random bytes.
    public init(key: [UInt8]) {
        precondition(key.count == 16, "the key of a keyed hash has 16 bytes")
        keys = (Self.word(key.span, 0..<8), Self.word(key.span, 8..<16))
    }

    public func hash(_ bytes: Span<UInt8>) -> UInt64 {
        var state = State(keys)
        var start = 0
        while bytes.count - start >= 8 {
            state.absorb(Self.word(bytes, start..<start + 8))
            start += 8
        }
        let length = UInt64(truncatingIfNeeded: bytes.count) << 56
        state.absorb(length | Self.word(bytes, start..<bytes.count))
        return state.finish()
    }

    /// At most eight bytes, little-endian.
    private static func word(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var word: UInt64 = 0
        var shift: UInt64 = 0
        for index in range {
            word |= UInt64(bytes[index]) &<< shift
            shift += 8
        }
        return word
    }

    private struct State {
        private var v0: UInt64, v1: UInt64, v2: UInt64, v3: UInt64

        init(_ keys: (UInt64, UInt64)) {
            v0 = keys.0 ^ 0x736F_6D65_7073_6575
            v1 = keys.1 ^ 0x646F_7261_6E64_6F6D
            v2 = keys.0 ^ 0x6C79_6765_6E65_7261
            v3 = keys.1 ^ 0x7465_6462_7974_6573
        }

        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            for _ in 0..<2 { round() }
            v0 ^= word
        }

        mutating func finish() -> UInt64 {
            v2 ^= 0xFF
            for _ in 0..<4 { round() }
            return v0 ^ v1 ^ v2 ^ v3
        }

        private mutating func round() {
            v0 &+= v1
            v1 = Self.rotate(v1, 13) ^ v0
            v0 = Self.rotate(v0, 32)
            v2 &+= v3
            v3 = Self.rotate(v3, 16) ^ v2
            v0 &+= v3
            v3 = Self.rotate(v3, 21) ^ v0
            v2 &+= v1
            v1 = Self.rotate(v1, 17) ^ v2
            v2 = Self.rotate(v2, 32)
        }

        private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 {
            word << bits | word >> (64 - bits)
        }
    }
}
