import Cryptography
import Foundation
import Model
import Testing

@Suite struct KeyTests {
    private let message = Array("rows flow only while their owner allows it".utf8)

    @Test(arguments: SignatureAlgorithm.allCases)
    func aNewKeySignsAndItsPublicKeyVerifies(algorithm: SignatureAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm)
        #expect(key.algorithm == algorithm && key.publicKey.algorithm == algorithm)
        let signature = try key.sign(message)
        #expect(signature.count == 64)
        #expect(key.publicKey.isValid(signature, for: message))
        #expect(!key.publicKey.isValid(signature, for: message + [0]))
        #expect(!(try PrivateKey.generate(algorithm)).publicKey.isValid(signature, for: message))
        #expect(key.publicKey.isValid(try key.sign([]), for: []))
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func noBentSignatureIsValid(algorithm: SignatureAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm)
        let signature = try key.sign(message)
        for bit in 0..<512 {
            var bent = signature
            bent[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.publicKey.isValid(bent, for: message))
        }
        for count in 0..<64 { #expect(!key.publicKey.isValid(Array(signature[..<count]), for: message)) }
        #expect(!key.publicKey.isValid(signature + [0], for: message))
        #expect(!key.publicKey.isValid([UInt8](repeating: 0, count: 64), for: message))
    }

    @Test func derIsAnotherFormOfTheSameSignature() throws {
        let key = try PrivateKey.generate(.es256)
        for _ in 0..<50 {
            let signature = try key.signDER(message)
            #expect(key.publicKey.isValid(der: signature, for: message))
            #expect(!key.publicKey.isValid(signature, for: message), "DER is not the fixed form")
            #expect(!key.publicKey.isValid(der: signature + [0], for: message))
        }
        #expect(!key.publicKey.isValid(der: try key.sign(message), for: message))
    }

    @Test func ed25519HasNoDERForm() throws {
        let key = try PrivateKey.generate(.ed25519)
        #expect(throws: CryptographyError(.unsupportedKey, "")) { try key.signDER(message) }
        #expect(!key.publicKey.isValid(der: try key.sign(message), for: message))
        #expect(try key.sign(message) == key.sign(message), "RFC 8032 signatures are deterministic")
    }

    /// r = 0, s = 0, r or s equal to the group's order or above it: never valid, whatever the message.
    @Test func rAndSOutOfRangeAreNeverValid() throws {
        let order = try #require(
            Hex.decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"))
        let zero = [UInt8](repeating: 0, count: 32), most = [UInt8](repeating: 255, count: 32)
        let one = Array(zero.dropLast()) + [1]
        let key = try PrivateKey.generate(.es256)
        for r in [zero, one, order, most] {
            for s in [zero, one, order, most] {
                #expect(!key.publicKey.isValid(r + s, for: message))
            }
        }
    }

    /// RFC 8032 section 7.1, tests 1 to 3.
    @Test(arguments: [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                + "c61e39701cf9b46bd"
                + "25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
                + "458f3613d0f11d8c3"
                + "87b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
                + "ae67f760984dc6594"
                + "a7c15e9716ed28dc027beceea1ec40a"
        ),
    ])
    func publishedEd25519Signatures(key: String, message: String, signature: String) throws {
        let raw = try #require(Hex.decode(key))
        let publicKey = try PublicKey(ed25519: raw)
        #expect(publicKey.ed25519Raw == raw)
        let text = try #require(Hex.decode(message)), bytes = try #require(Hex.decode(signature))
        #expect(publicKey.isValid(bytes, for: text))
        #expect(!publicKey.isValid(bytes, for: text + [0]))
    }

    /// RFC 8032 section 5.1.7: S must be below the group's order L, else S and S + L would both be valid.
    @Test func anEd25519SignatureHasOneForm() throws {
        let key = try PrivateKey.generate(.ed25519)
        let signature = try key.sign(message)
        let order = try #require(
            Hex.decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
        var sum = Array(signature[32...])
        var carry = 0
        for index in sum.indices {
            carry += Int(sum[index]) + Int(order[index])
            sum[index] = UInt8(truncatingIfNeeded: carry)
            carry >>= 8
        }
        #expect(!key.publicKey.isValid(Array(signature[..<32]) + sum, for: message))
    }

    /// Under a point of small order one signature would fit many messages. The encodings are those of the
    /// eight points whose order divides 8, with and without the sign of x, and of numbers not below 2^255 -
    /// 19.
    @Test func pointsOfSmallOrderAndOffTheCurveAreNoKeys() throws {
        let bodies = [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            // y = 2 has no x.
            "0200000000000000000000000000000000000000000000000000000000000000",
        ]
        for body in bodies {
            for sign: UInt8 in [0, 0x80] {
                var raw = try #require(Hex.decode(body))
                raw[31] |= sign
                #expect(throws: CryptographyError(.invalidKey, "")) { try PublicKey(ed25519: raw) }
            }
        }
        // y = 3 has one.
        #expect(throws: Never.self) { try PublicKey(ed25519: [3] + [UInt8](repeating: 0, count: 31)) }
    }

    @Test(arguments: [0, 31, 33, 64])
    func anEd25519KeyHas32Bytes(count: Int) {
        #expect(throws: CryptographyError(.invalidKey, "")) {
            try PublicKey(ed25519: [UInt8](repeating: 3, count: count))
        }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func aPublicKeyHasOneEncoding(algorithm: SignatureAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm).publicKey
        #expect(try PublicKey(der: key.der) == key)
        #expect(Set([key, try PublicKey(der: key.der)]).count == 1)
        for wrong in [key.der + [0], Array(key.der.dropLast()), [], Array(key.der.dropFirst())] {
            #expect(throws: CryptographyError(.invalidKey, "")) { try PublicKey(der: wrong) }
        }
    }

    @Test func aPointOffTheCurveIsNoKey() throws {
        var der = try PrivateKey.generate(.es256).publicKey.der
        der[90] ^= 1
        #expect(throws: CryptographyError(.invalidKey, "")) { try PublicKey(der: der) }
    }

    @Test func manyTasksSignAndVerifyWithOneKey() async throws {
        for algorithm in SignatureAlgorithm.allCases {
            let key = try PrivateKey.generate(algorithm)
            let publicKey = key.publicKey
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for task in 0..<16 {
                    group.addTask {
                        try (0..<20).allSatisfy { number in
                            let text = Array("\(task) \(number)".utf8)
                            let signature = try key.sign(text)
                            return publicKey.isValid(signature, for: text)
                                && !publicKey.isValid(signature, for: text + [1])
                        }
                    }
                }
                for try await isSound in group { #expect(isSound) }
            }
        }
    }
}
