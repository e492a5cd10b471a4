import Cryptography
import Testing

@testable import Tokens

@Suite struct KeyedHashTests {
    /// The example of the SipHash paper (Aumasson and Bernstein, appendix A) and the first published vectors
    /// of SipHash-2-4: key 00..0f, message 00..(n-1).
    @Test func publishedVectors() {
        let hash = KeyedHash(key: Array(0..<16))
        let message = (0..<64).map { UInt8($0) }
        let expected: [Int: UInt64] = [
            0: 0x726F_DB47_DD0E_0E31, 1: 0x74F8_39C5_93DC_67FD, 2: 0x0D6C_8009_D9A9_4F5A,
            3: 0x8567_6696_D7FB_7E2D, 7: 0xAB02_00F5_8B01_D137, 8: 0x93F5_F579_9A93_2462,
            15: 0xA129_CA61_49BE_45E5,
        ]
        for (count, code) in expected { #expect(hash.hash(message[..<count]) == code, "\(count) bytes") }
    }

    @Test func aSliceHashesAsItsBytes() {
        let hash = KeyedHash(key: SecureRandom.bytes(16))
        let bytes = SecureRandom.bytes(100)
        for start in 0..<30 {
            let code = hash.hash(bytes.span.extracting(start..<bytes.count))
            #expect(code == hash.hash(bytes[start...]))
        }
    }

    @Test func anotherKeyIsAnotherFunction() {
        let message = SecureRandom.bytes(64)
        let codes = (0..<100).map { _ in KeyedHash(key: SecureRandom.bytes(16)).hash(message[...]) }
        #expect(Set(codes).count == 100)
    }

    @Test func everyByteCounts() {
        let hash = KeyedHash(key: SecureRandom.bytes(16))
        let message = SecureRandom.bytes(64)
        for position in message.indices {
            var bent = message
            bent[position] ^= 1
            #expect(hash.hash(bent[...]) != hash.hash(message[...]))
        }
    }
}

extension KeyedHash {
    /// Of a copy.
    fileprivate func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 { hash(Array(bytes).span) }
}
