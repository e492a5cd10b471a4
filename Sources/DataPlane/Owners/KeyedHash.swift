/// SipHash-1-3 with a key of 128 bits (Aumasson and Bernstein, 2012): fast on short texts, and no publisher
/// who does not know the key can choose owner keys that collide.
struct KeyedHash: Hashable, Sendable {
    let first: UInt64
    let second: UInt64

    static func random() -> KeyedHash {
        var system = SystemRandomNumberGenerator()
        return KeyedHash(first: system.next(), second: system.next())
    }

    @inline(__always)
    func of(_ text: Span<UInt8>) -> UInt64 {
        var state = state(behind: text)
        return state.finish()
    }

    /// The same in 128 bits, of which the first half is that of `of`.
    @inline(__always)
    func pair(of text: Span<UInt8>) -> (UInt64, UInt64) {
        var state = state(behind: text)
        return (state.finish(), state.finishSecond())
    }

    @inline(__always)
    private func state(behind text: Span<UInt8>) -> State {
        var state = State(first, second)
        var offset = 0
        while offset + 8 <= text.count {
            state.absorb(text.load64(offset))
            offset += 8
        }
        state.absorb(Self.tail(text, from: offset) | UInt64(text.count) << 56)
        return state
    }

    /// The last bytes, fewer than eight.
    @inline(__always)
    private static func tail(_ text: Span<UInt8>, from start: Int) -> UInt64 {
        let count = text.count - start
        if start > 0 { return count > 0 ? text.load64(text.count - 8) >> UInt64(64 - 8 * count) : 0 }
        var word: UInt64 = 0
        for index in start..<text.count { word |= UInt64(text[index]) << UInt64(8 * index) }
        return word
    }

    private struct State {
        private var a, b, c, d: UInt64

        @inline(__always)
        init(_ first: UInt64, _ second: UInt64) {
            a = first ^ 0x736f_6d65_7073_6575
            b = second ^ 0x646f_7261_6e64_6f6d
            c = first ^ 0x6c79_6765_6e65_7261
            d = second ^ 0x7465_6462_7974_6573
        }

        @inline(__always)
        mutating func absorb(_ word: UInt64) {
            d ^= word
            round()
            a ^= word
        }

        @inline(__always)
        mutating func finish() -> UInt64 {
            c ^= 0xFF
            round()
            round()
            round()
            return a ^ b ^ c ^ d
        }

        /// The second half, as SipHash with 128 bits of output goes on.
        @inline(__always)
        mutating func finishSecond() -> UInt64 {
            b ^= 0xDD
            round()
            round()
            round()
            return a ^ b ^ c ^ d
        }

        @inline(__always)
        private mutating func round() {
            a &+= b
            b = Self.rotate(b, 13) ^ a
            a = Self.rotate(a, 32)
            c &+= d
            d = Self.rotate(d, 16) ^ c
            a &+= d
            d = Self.rotate(d, 21) ^ a
            c &+= b
            b = Self.rotate(b, 17) ^ c
            c = Self.rotate(c, 32)
        }

        @inline(__always)
        private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 {
            word << bits | word >> (64 - bits)
        }
    }
}
