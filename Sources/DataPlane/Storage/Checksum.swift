/// CRC-32C (Castagnoli; RFC 3720 appendix B.4), by the processor's instruction where it has one.
///
/// It finds every error within 32 neighbouring bits (so every flipped byte), every error of up to three
/// bits in a block, and any other accident but one in 2^32. It is no defence against someone who can write to
/// the data directory: he can write a matching checksum too.
struct Checksum: Sendable {
    private var register: UInt32 = 0xFFFF_FFFF

    var value: UInt32 { ~register }

    static func of(_ bytes: [UInt8]) -> UInt32 { of(bytes.span) }

    static func of(_ bytes: Span<UInt8>) -> UInt32 {
        var checksum = Checksum()
        checksum.update(bytes)
        return checksum.value
    }

    mutating func update(_ bytes: Span<UInt8>) {
        register =
            Self.hasInstructions
            ? Self.advance(register, over: bytes) : Self.advanceByTables(register, over: bytes)
    }

    /// What the instructions do, for machines without them.
    static func advanceByTables(_ register: UInt32, over bytes: Span<UInt8>) -> UInt32 {
        let tables = Self.tables.span
        var state = register
        var index = 0
        while index + 8 <= bytes.count {
            let low = state ^ Self.word(bytes, index)
            let high = Self.word(bytes, index + 4)
            let fromLow =
                tables[1792 + Int(low & 255)] ^ tables[1536 + Int(low >> 8 & 255)]
                ^ tables[1280 + Int(low >> 16 & 255)] ^ tables[1024 + Int(low >> 24)]
            let fromHigh =
                tables[768 + Int(high & 255)] ^ tables[512 + Int(high >> 8 & 255)]
                ^ tables[256 + Int(high >> 16 & 255)] ^ tables[Int(high >> 24)]
            state = fromLow ^ fromHigh
            index += 8
        }
        while index < bytes.count {
            state = state >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: state) ^ bytes[index])]
            index += 1
        }
        return state
    }

    @inline(__always)
    private static func word(_ bytes: Span<UInt8>, _ index: Int) -> UInt32 {
        UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
            | UInt32(bytes[index + 3]) << 24
    }

    /// Eight tables of 256: table k advances a byte that stands k places before the end of its step.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 2048)
        for byte in 0..<256 {
            var state = UInt32(byte)
            for _ in 0..<8 { state = state >> 1 ^ (state & 1 == 1 ? 0x82F6_3B78 : 0) }
            tables[byte] = state
        }
        for index in 256..<2048 {
            let previous = tables[index - 256]
            tables[index] = previous >> 8 ^ tables[Int(previous & 255)]
        }
        return tables
    }()
}
