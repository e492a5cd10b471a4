import Cryptography
import Model
import Testing
import TestSupport

/// Every case of four files of Project Wycheproof (https://github.com/C2SP/wycheproof, testvectors_v1).
///
/// These files know only `valid` and `invalid`; a case with another result fails, so that nobody overlooks
/// it.
@Suite struct WycheproofTests {
    private func run(_ file: String, _ check: (_ group: JSON, _ test: JSON) throws -> Bool) throws {
        let document = try Vectors.json("wycheproof/" + file)
        var counts = ["valid": 0, "invalid": 0]
        for group in try #require(document["testGroups"]?.array) {
            for test in try #require(group["tests"]?.array) {
                let result = try test.text("result")
                try #require(counts[result] != nil, "\(file): a result `\(result)` that nobody has judged")
                let isAccepted = try check(group, test)
                let number = test["tcId"]?.integer ?? 0, comment = test["comment"]?.string ?? ""
                #expect(isAccepted == (result == "valid"), "\(file) case \(number): \(comment)")
                counts[result, default: 0] += 1
            }
        }
        let valid = counts["valid", default: 0], invalid = counts["invalid", default: 0]
        #expect(Int64(valid + invalid) == document["numberOfTests"]?.integer)
        print("wycheproof \(file): \(valid) valid and \(invalid) invalid cases, all as published")
    }

    private func publicKey(_ group: JSON) throws -> PublicKey {
        let key = try PublicKey(der: group.bytes("publicKeyDer"))
        #expect(try PublicKey(pem: group.text("publicKeyPem")) == key)
        if let jwk = group["publicKeyJwk"] { #expect(try PublicKey(jwk: jwk) == key) }
        return key
    }

    @Test(.enabled(if: Vectors.areWanted("wycheproof")))
    func ecdsaInDER() throws {
        try run("ecdsa_secp256r1_sha256_test.json") { group, test in
            try publicKey(group).isValid(der: test.bytes("sig"), for: test.bytes("msg"))
        }
    }

    @Test(.enabled(if: Vectors.areWanted("wycheproof")))
    func ecdsaWithFixedLength() throws {
        try run("ecdsa_secp256r1_sha256_p1363_test.json") { group, test in
            try publicKey(group).isValid(test.bytes("sig"), for: test.bytes("msg"))
        }
    }

    @Test(.enabled(if: Vectors.areWanted("wycheproof")))
    func ed25519() throws {
        try run("ed25519_test.json") { group, test in
            try publicKey(group).isValid(test.bytes("sig"), for: test.bytes("msg"))
        }
    }

    /// Half the file has tags cut to 128 bits. Sluis never accepts such a tag, so they are compared with the
    /// beginning of the full tag here, and must all be refused by `isValid`.
    @Test(.enabled(if: Vectors.areWanted("wycheproof")))
    func hmac() throws {
        try run("hmac_sha256_test.json") { group, test in
            let key = try test.bytes("key"), message = try test.bytes("msg"), tag = try test.bytes("tag")
            let isWhole = HMACSHA256.isValid(tag, for: message, key: key)
            guard group["tagSize"]?.integer != 256 else { return isWhole }
            #expect(!isWhole)
            return tag == Array(HMACSHA256.authenticate(message, key: key).prefix(tag.count))
        }
    }
}
