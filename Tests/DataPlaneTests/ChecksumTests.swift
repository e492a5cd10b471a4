import Testing

@testable import DataPlane
import TestSupport

@Suite("Checksum")
struct ChecksumTests {
    /// RFC 3720 appendix B.4, and the check value of the CRC catalogue.
    @Test("the published values of CRC-32C are met")
    func published() {
        #expect(Checksum.of(Array("123456789".utf8)) == 0xE306_9283)
        #expect(Checksum.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(Checksum.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(Checksum.of((0..<32).map { UInt8($0) }) == 0x46DD_794E)
        #expect(Checksum.of([UInt8]()) == 0)
    }

    @Test("pieces of any length give the value of the whole, and every flipped bit another")
    func pieces() {
        var random = SeededGenerator.announced("checksum")
        let bytes = (0..<300).map { _ in UInt8.random(in: 0...255, using: &random) }
        let value = Checksum.of(bytes)
        for cut in 0...bytes.count {
            var checksum = Checksum()
            checksum.update(bytes.span.extracting(0..<cut))
            checksum.update(bytes.span.extracting(cut..<bytes.count))
            #expect(checksum.value == value)
        }
        for bit in 0..<8 * bytes.count {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(Checksum.of(flipped) != value)
        }
    }

    @Test("the processor's instruction gives what the tables give, at every length and place in memory")
    func instructions() {
        guard Checksum.hasInstructions else { return }
        var random = SeededGenerator.announced("checksum by instructions")
        let bytes = random.bytes(20_000)
        func compare(_ range: Range<Int>) {
            let register = UInt32.random(in: 0...UInt32.max, using: &random)
            let part = bytes.span.extracting(range)
            let expected = Checksum.advanceByTables(register, over: part)
            #expect(Checksum.advance(register, over: part) == expected, "\(range), \(replay)")
        }
        for length in 0...300 { compare(length % 9..<length % 9 + length) }
        // Around the lengths at which three streams are put together.
        for length in [3_071, 3_072, 3_073, 6_143, 6_144, 9_216, 9_223] {
            for start in 0..<9 { compare(start..<start + length) }
        }
        for _ in 0..<500 {
            let start = Int.random(in: 0...bytes.count, using: &random)
            compare(start..<Int.random(in: start...bytes.count, using: &random))
        }
    }
}
