import Cryptography
import Model
import Testing

@Suite struct HMACSHA256Tests {
    /// RFC 4231 section 4, test cases 1 to 4, 6 and 7 (5 has a truncated tag, which Sluis never takes).
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0B, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131),
            "This is a test using a larger than block-size key and a larger than block-size data. "
                + "The key needs to be hashed before being used by the HMAC algorithm.",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ])
    func publishedTexts(key: [UInt8], message: String, tag: String) throws {
        try check(key, Array(message.utf8), tag)
    }

    @Test func publishedBytes() throws {
        try check(
            [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")
        try check(
            Array(1...25), [UInt8](repeating: 0xCD, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")
    }

    private func check(_ key: [UInt8], _ message: [UInt8], _ expected: String) throws {
        let tag = HMACSHA256.authenticate(message, key: key)
        #expect(Hex.encode(tag) == expected)
        #expect(HMACSHA256.isValid(tag, for: message, key: key))
    }

    /// The definition of RFC 2104, over the digest that has its own tests.
    private func reference(_ message: [UInt8], _ key: [UInt8]) -> [UInt8] {
        let short = key.count > 64 ? SHA256.hash(key) : key
        let block = short + [UInt8](repeating: 0, count: 64 - short.count)
        return SHA256.hash(block.map { $0 ^ 0x5C } + SHA256.hash(block.map { $0 ^ 0x36 } + message))
    }

    @Test func everyLengthOfKeyAgreesWithTheDefinition() {
        let bytes = (0..<200).map { UInt8($0) }
        for length in 0..<140 {
            let key = Array(bytes[..<length]), message = Array(bytes[length...])
            #expect(HMACSHA256.authenticate(message, key: key) == reference(message, key))
        }
        #expect(HMACSHA256.authenticate([], key: []) == reference([], []))
    }

    @Test func onlyTheWholeTagIsValid() {
        let key = SecureRandom.bytes(32), message = Array("withdraw".utf8)
        let tag = HMACSHA256.authenticate(message, key: key)
        for position in tag.indices {
            var bent = tag
            bent[position] ^= 1
            #expect(!HMACSHA256.isValid(bent, for: message, key: key))
            #expect(!HMACSHA256.isValid(Array(tag[..<position]), for: message, key: key))
        }
        #expect(!HMACSHA256.isValid(tag + [0], for: message, key: key))
        #expect(!HMACSHA256.isValid(tag, for: message + [0], key: key))
    }

    @Test func manyTasksAuthenticateAtOnce() async {
        let key: [UInt8] = [1, 2, 3]
        let tags = await withTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<500).reduce([]) { tag, _ in HMACSHA256.authenticate(tag, key: key) } }
            }
            return await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(tags.count == 1)
    }
}

@Suite struct SecureRandomTests {
    @Test func bytesComeInTheNumberAskedAndNeverAgain() {
        #expect(SecureRandom.bytes(0).isEmpty)
        for count in [1, 16, 32, 1000] { #expect(SecureRandom.bytes(count).count == count) }
        #expect(Set((0..<1000).map { _ in SecureRandom.bytes(16) }).count == 1000)
    }

    @Test func everyByteValueOccurs() {
        // 256 values, 16,384 draws: one is missing with probability 256 * e^-64.
        #expect(Set(SecureRandom.bytes(16_384)).count == 256)
    }
}

@Suite struct ConstantTimeTests {
    @Test func equalMeansSameLengthAndSameBytes() {
        #expect(ConstantTime.areEqual([], []))
        #expect(ConstantTime.areEqual([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.areEqual([0, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 2, 3]))
        #expect(!ConstantTime.areEqual([], [0]))
    }
}
