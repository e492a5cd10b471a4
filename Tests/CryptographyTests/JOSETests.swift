import Cryptography
import Foundation
import Model
import TestSupport
import Testing

/// Keys and signatures that openssl(1) made, and what attackers make of them.
@Suite(
    "Tokens of others are verified under strict rules",
    .enabled(if: OpenSSLProgram.isThere, "needs the openssl program"))
struct JOSETests {
    private static let payload = Array(#"{"sub":"x"}"#.utf8)

    private struct Signer {
        let program: OpenSSLProgram
        let algorithm: JOSEAlgorithm
        let jwk: [String: JSON]

        init(_ algorithm: JOSEAlgorithm, bits: Int = 2048) throws {
            self.algorithm = algorithm
            program = try OpenSSLProgram()
            jwk = try program.makeKey(algorithm, bits: bits)
        }

        func jws(
            _ header: [String: JSON] = [:], payload: [UInt8] = JOSETests.payload, as name: String? = nil
        ) throws -> String {
            let all = header.merging(["alg": .string(name ?? algorithm.rawValue)]) { old, _ in old }
            let input = Base64.encodeURL(JSON.object(all).canonical) + "." + Base64.encodeURL(payload)
            return input + "." + Base64.encodeURL(try program.sign(Array(input.utf8), algorithm))
        }

        func set(_ change: (inout [String: JSON]) -> Void = { _ in }) -> JSON {
            var jwk = jwk
            change(&jwk)
            return ["keys": [.object(jwk)]]
        }
    }

    private static func verify(
        _ text: String, _ set: JSON, _ allowed: Set<JOSEAlgorithm>
    ) throws -> CompactJWS {
        try VerificationKeySet(jwks: set, allowed: allowed).verify(CompactJWS(text))
    }

    private static func refuses(
        _ text: String, _ set: JSON, _ allowed: Set<JOSEAlgorithm>,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: CryptographyError.self, sourceLocation: location) {
            _ = try verify(text, set, allowed)
        }
    }

    @Test(
        "What openssl signs verifies, every other bit of it does not, and no other algorithm takes the key",
        arguments: JOSEAlgorithm.allCases)
    func signed(algorithm: JOSEAlgorithm) throws {
        let signer = try Signer(algorithm)
        let token = try signer.jws(["kid": "a"])
        var named = signer.jwk
        named["kid"] = "a"
        named["alg"] = .string(algorithm.rawValue)
        let set: JSON = ["keys": [.object(named)]]
        #expect(try Self.verify(token, set, [algorithm]).payload == Self.payload)
        let unnamed = algorithm.rawValue.hasPrefix("HS") ? nil : signer.set()
        if let unnamed {
            #expect(try Self.verify(signer.jws(), unnamed, [algorithm]).payload == Self.payload)
        }
        let parts = token.split(separator: ".")
        let signature = try #require(Base64.decodeURL(String(parts[2])))
        for bit in stride(from: 0, to: signature.count * 8, by: 13) {
            var changed = signature
            changed[bit / 8] ^= 1 << (bit % 8)
            Self.refuses("\(parts[0]).\(parts[1]).\(Base64.encodeURL(changed))", set, [algorithm])
        }
        for changed in [[], Array(signature.dropLast()), signature + [0], [0] + signature] {
            Self.refuses("\(parts[0]).\(parts[1]).\(Base64.encodeURL(changed))", set, [algorithm])
        }
        let isEd25519 = algorithm == .edDSA || algorithm == .ed25519
        for other in JOSEAlgorithm.allCases where other != algorithm {
            if isEd25519, other == .edDSA || other == .ed25519 { continue }
            // The header says another one; the set allows it, or both.
            let renamed = try signer.jws(["kid": "a"], as: other.rawValue)
            Self.refuses(renamed, set, [algorithm, other])
            Self.refuses(token, set, [other])
        }
        Self.refuses(try signer.jws(["kid": "a"], as: "none"), set, [algorithm])
        Self.refuses("\(parts[0]).\(parts[1]).", set, [algorithm])
    }

    @Test("The header chooses no key: its own, links to one, foreign and doubtful names are refused")
    func headers() throws {
        let (mine, other) = (try Signer(.es256), try Signer(.es256))
        let set: JSON = [
            "keys": [
                .object(mine.jwk.merging(["kid": "a"]) { $1 }),
                .object(other.jwk.merging(["kid": "b"]) { $1 }),
            ]
        ]
        #expect(try Self.verify(mine.jws(["kid": "a"]), set, [.es256]).header["kid"] == "a")
        let headers: [[String: JSON]] = [
            ["kid": "b"], ["kid": "c"], ["kid": 1], ["kid": .null], [:],
            ["kid": "a", "jwk": .object(mine.jwk)], ["kid": "a", "jku": "https://evil.example/jwks"],
            ["kid": "a", "x5u": "https://evil.example"], ["kid": "a", "x5c": []],
            ["kid": "a", "crit": ["exp"]], ["kid": "a", "b64": false],
        ]
        for header in headers { Self.refuses(try mine.jws(header), set, [.es256]) }
        // Key confusion: the public key as the secret of an HMAC.
        let secret: JSON = ["kty": "oct", "k": mine.jwk["x"] ?? .null, "kid": "a"]
        Self.refuses(try mine.jws(["kid": "a"], as: "HS256"), ["keys": [secret]], JOSEAlgorithm.hub)
    }

    @Test(
        "Keys that are weak, private, marked for other uses or not well formed are refused with their place")
    func keys() throws {
        let (rsa, ec, ed) = (try Signer(.ps256), try Signer(.es384), try Signer(.edDSA))
        typealias Change = (inout [String: JSON]) -> Void
        let cases: [(String, JSON)] = [
            ("private", rsa.set { $0["d"] = "AQAB" }), ("private", ec.set { $0["d"] = "AQAB" }),
            ("exponent 1", rsa.set { $0["e"] = "AQ" }), ("even exponent", rsa.set { $0["e"] = "AQAC" }),
            ("zeros", rsa.set { $0["e"] = "AAEAAQ" }), ("padding", rsa.set { $0["e"] = "AQAB=" }),
            ("stray bits", rsa.set { $0["e"] = "AQF" }), ("no modulus", rsa.set { $0["n"] = nil }),
            ("short", try Signer(.ps256, bits: 1024).set()),
            ("ROCA", rsa.set { $0["n"] = .string(Base64.encodeURL(Self.powerOf65537)) }),
            ("off the curve", ec.set { $0["y"] = $0["x"] }),
            ("short coordinate", ec.set { $0["x"] = .string(String(($0["x"]?.string ?? "").dropLast(4))) }),
            ("small order", ed.set { $0["x"] = .string(Base64.encodeURL([UInt8](repeating: 0, count: 32))) }),
            ("kid", rsa.set { $0["kid"] = 1 }), ("no list", ["keys": .object(rsa.jwk)]), ("nothing", [:]),
            (
                "twice",
                [
                    "keys": [
                        .object(rsa.jwk.merging(["kid": "a"]) { $1 }),
                        .object(ec.jwk.merging(["kid": "a"]) { $1 }),
                    ]
                ]
            ),
            ("use", rsa.set { $0["use"] = "enc" }), ("key_ops", rsa.set { $0["key_ops"] = ["sign"] }),
            ("key_ops twice", rsa.set { $0["key_ops"] = ["verify", "verify"] }),
            ("alg", rsa.set { $0["alg"] = "RSA-OAEP" }), ("unknown", rsa.set { $0["kty"] = "rsa" }),
        ]
        for (name, set) in cases {
            let fault = #expect(throws: CryptographyError.self, "\(name)") {
                _ = try VerificationKeySet(jwks: set, allowed: [.ps256, .es384, .edDSA])
            }
            #expect(fault?.message.isEmpty == false)
        }
        // What is for something else stands beside it undisturbed.
        let mixed: JSON = [
            "keys": [
                .object(rsa.jwk.merging(["use": "enc"]) { $1 }), .object(ec.jwk),
                ["kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"],
            ]
        ]
        #expect(try Self.verify(ec.jws(), mixed, [.ps256, .es384]).payload == Self.payload)
        // An RSA key that does not say for which of two algorithms it is.
        let both = rsa.set()
        Self.refuses(try rsa.jws(), both, [.ps256, .rs256])
        #expect(
            try Self.verify(rsa.jws(), rsa.set { $0["alg"] = "PS256" }, [.ps256, .rs256]).payload
                == Self.payload)
    }

    /// 65537^128, which has 2,049 bits and is what those moduli are modulo every prime.
    private static var powerOf65537: [UInt8] {
        var number: [UInt8] = [1]
        for _ in 0..<128 {
            // Times 2^16, and once.
            var sum = [UInt8](repeating: 0, count: number.count + 3)
            var carry = 0
            for place in 0..<sum.count {
                let shifted = place >= 2 && place - 2 < number.count ? Int(number[place - 2]) : 0
                let own = place < number.count ? Int(number[place]) : 0
                carry += shifted + own
                sum[place] = UInt8(carry & 0xFF)
                carry >>= 8
            }
            while sum.last == 0 { sum.removeLast() }
            number = sum
        }
        return number.reversed()
    }

    @Test("Every case of Wycheproof's RSA-PSS file", .enabled(if: Vectors.areWanted("wycheproof")))
    func wycheproof() throws {
        let document = try Vectors.json("wycheproof/rsa_pss_2048_sha256_mgf1_32_test.json")
        var count = 0
        for group in try #require(document["testGroups"]?.array) {
            let publicKey = try #require(group["publicKey"])
            func number(_ member: String) throws -> JSON {
                let bytes = try publicKey.bytes(member).drop { $0 == 0 }
                return .string(Base64.encodeURL(Array(bytes)))
            }
            let jwk: JSON = ["kty": "RSA", "n": try number("modulus"), "e": try number("publicExponent")]
            let key = try VerificationKey(jwk: jwk)
            for test in try #require(group["tests"]?.array) {
                let isValid = key.isValid(try test.bytes("sig"), for: try test.bytes("msg"), .ps256)
                // The file calls valid signatures with another salt length acceptable; JOSE does not.
                #expect(isValid == (test["result"] == "valid"), "case \(test["tcId"]?.integer ?? 0)")
                count += 1
            }
        }
        #expect(Int64(count) == document["numberOfTests"]?.integer)
    }
}
