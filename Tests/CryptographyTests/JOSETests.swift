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

        init(_ algorithm: JOSEAlgorithm, bits: Int = 2048, secret: [UInt8]? = nil) throws {
            self.algorithm = algorithm
            program = try OpenSSLProgram()
            jwk = try program.makeKey(algorithm, bits: bits, secret: secret)
        }

        /// - Parameters:
        ///   - other: another algorithm to sign with, and to name.
        ///   - name: what the header says, whatever it is signed with.
        func jws(
            _ header: [String: JSON] = [:], with other: JOSEAlgorithm? = nil, as name: String? = nil
        ) throws -> String {
            let algorithm = other ?? algorithm
            let all = header.merging(["alg": .string(name ?? algorithm.rawValue)]) { old, _ in old }
            let input =
                Base64.encodeURL(JSON.object(all).canonical) + "." + Base64.encodeURL(JOSETests.payload)
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

    /// Whether openssl can sign with the key of one as the other says.
    private static func share(_ a: JOSEAlgorithm, _ b: JOSEAlgorithm) -> Bool {
        let families = [a, b].map { $0.rawValue.prefix(2) }
        let areRSA = families.allSatisfy { ["RS", "PS"].contains($0) }
        return areRSA || families.allSatisfy { $0 == "HS" }
    }

    @Test(
        "What openssl signs verifies, changed it does not, and no other algorithm takes the key",
        arguments: JOSEAlgorithm.allCases)
    func signed(algorithm: JOSEAlgorithm) throws {
        let signer = try Signer(algorithm)
        let token = try signer.jws(["kid": "a"])
        let set = signer.set {
            $0["kid"] = "a"
            $0["alg"] = .string(algorithm.rawValue)
        }
        #expect(try Self.verify(token, set, [algorithm]).payload == Self.payload)
        // Without `alg` it is for the one algorithm that fits; a secret of 64 bytes fits them all.
        #expect(try Self.verify(signer.jws(), signer.set(), [algorithm]).payload == Self.payload)
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
        Self.refuses(try signer.jws(["kid": "a"], as: "none"), set, [algorithm])
        for other in JOSEAlgorithm.allCases where other != algorithm {
            if Set([algorithm, other]) == [.edDSA, .ed25519] { continue }
            Self.refuses(token, set, [other])
            guard Self.share(algorithm, other) else { continue }
            // Signed as the header says: only what the key is for stands in the way.
            let foreign = try signer.jws(["kid": "a"], with: other)
            Self.refuses(foreign, set, [algorithm, other])
            let renamed = signer.set {
                $0["kid"] = "a"
                $0["alg"] = .string(other.rawValue)
            }
            #expect(try Self.verify(foreign, renamed, [algorithm, other]).payload == Self.payload)
        }
    }

    @Test("A PSS signature without its leading zero is another text for the same token: refused")
    func shortened() throws {
        let signer = try Signer(.ps256)
        for attempt in 0..<5000 {
            let token = try signer.jws(["n": .integer(Int64(attempt))])
            let parts = token.split(separator: ".")
            let signature = try #require(Base64.decodeURL(String(parts[2])))
            guard signature[0] == 0 else { continue }
            #expect(try Self.verify(token, signer.set(), [.ps256]).payload == Self.payload)
            let shorter = Base64.encodeURL(Array(signature.dropFirst()))
            return Self.refuses("\(parts[0]).\(parts[1]).\(shorter)", signer.set(), [.ps256])
        }
        Issue.record("no signature began with a zero")
    }

    @Test("The header chooses no key: its own, links to one, foreign and doubtful names are refused")
    func headers() throws {
        let (mine, other) = (try Signer(.es256), try Signer(.es256))
        let keys = [("a", mine), ("b", other)].map { id, signer in
            JSON.object(signer.jwk.merging(["kid": .string(id)]) { $1 })
        }
        let set: JSON = ["keys": .array(keys)]
        #expect(try Self.verify(mine.jws(["kid": "a"]), set, [.es256]).header["kid"] == "a")
        let headers: [[String: JSON]] = [
            ["kid": "b"], ["kid": "c"], ["kid": 1], ["kid": .null], [:],
            ["kid": "a", "jwk": .object(mine.jwk)], ["kid": "a", "jku": "https://evil.example/jwks"],
            ["kid": "a", "x5u": "https://evil.example"], ["kid": "a", "x5c": []],
            ["kid": "a", "crit": ["exp"]], ["kid": "a", "b64": false],
        ]
        for header in headers { Self.refuses(try mine.jws(header), set, [.es256]) }
        // Two spellings of one character are two names.
        let accented = mine.set { $0["kid"] = "\u{E9}" }
        #expect(try Self.verify(mine.jws(["kid": "\u{E9}"]), accented, [.es256]).payload == Self.payload)
        Self.refuses(try mine.jws(["kid": "e\u{301}"]), accented, [.es256])
    }

    @Test("A public key is no secret: an HMAC under its bytes is refused, and sets that mix both")
    func confusion() throws {
        let mine = try Signer(.es256)
        let point = try #require(mine.jwk["x"]?.string.flatMap { Base64.decodeURL($0) })
        let forger = try Signer(.hs256, secret: point)
        let forged = try forger.jws()
        #expect(try Self.verify(forged, forger.set(), [.hs256]).payload == Self.payload)
        Self.refuses(forged, mine.set(), [.es256, .hs256])
        let mixed: JSON = ["keys": [.object(forger.jwk), .object(mine.jwk)]]
        Self.refuses(forged, mixed, [.es256, .hs256])
        Self.refuses(forged, mixed, [.hs256])
        // A secret shorter than the hash.
        let short = try Signer(.hs256, secret: Array(point.prefix(31)))
        Self.refuses(try short.jws(), short.set(), [.hs256])
        Self.refuses(try short.jws(), short.set { $0["alg"] = "HS256" }, [.hs256])
    }

    private static let allowed: Set<JOSEAlgorithm> = [.ps256, .es384, .edDSA]

    private func refused(_ set: JSON, _ location: SourceLocation = #_sourceLocation) -> String {
        let fault = #expect(throws: CryptographyError.self, sourceLocation: location) {
            _ = try VerificationKeySet(jwks: set, allowed: Self.allowed)
        }
        return fault?.message ?? ""
    }

    @Test("Keys that are weak, private or not well formed are refused with their place")
    func badKeys() throws {
        let (rsa, ec, ed) = (try Signer(.ps256), try Signer(.es384), try Signer(.edDSA))
        let unused: (inout [String: JSON]) -> Void = {
            $0["d"] = "AQAB"
            $0["key_ops"] = ["sign"]
        }
        let cases: [(says: String, set: JSON)] = [
            ("private", rsa.set { $0["d"] = "AQAB" }), ("private", ec.set { $0["d"] = "AQAB" }),
            ("private", ec.set(unused)),
            ("odd number", rsa.set { $0["e"] = "AQ" }), ("odd number", rsa.set { $0["e"] = "AQAC" }),
            ("as few bytes", rsa.set { $0["e"] = "AAEAAQ" }), ("base64url", rsa.set { $0["e"] = "AQAB=" }),
            ("base64url", rsa.set { $0["e"] = "AQF" }), ("`n`", rsa.set { $0["n"] = nil }),
            ("1024 bits", try Signer(.ps256, bits: 1024).set()),
            ("2047 bits", rsa.set { $0["n"] = Self.number([0x7F] + Self.ones(255)) }),
            ("small factors", rsa.set { $0["n"] = Self.number(Self.ones(256)) }),
            ("ROCA", rsa.set { $0["n"] = Self.number(Self.powerOf65537) }),
            ("no point", ec.set { $0["y"] = $0["x"] }),
            ("48 bytes", ec.set { $0["x"] = .string(String(($0["x"]?.string ?? "").dropLast(4))) }),
            ("small order", ed.set { $0["x"] = Self.number([UInt8](repeating: 0, count: 32)) }),
            ("`kid`", rsa.set { $0["kid"] = 1 }), ("`use`", rsa.set { $0["use"] = 1 }),
            ("different names", rsa.set { $0["key_ops"] = ["verify", "verify"] }),
            ("in ASCII", rsa.set { $0["kty"] = "R\u{17F}A" }),
        ]
        for (says, set) in cases {
            let message = refused(set)
            #expect(message.hasPrefix("`keys[0]`: ") && message.contains(says), "\(says): \(message)")
        }
    }

    @Test("Sets without a key to verify with, with two of one name, or too many; and keys for others")
    func sets() throws {
        let (rsa, ec) = (try Signer(.ps256), try Signer(.es384))
        let named = [rsa, ec].map { JSON.object($0.jwk.merging(["kid": "a"]) { $1 }) }
        let cases: [(says: String, set: JSON)] = [
            ("a list of keys", ["keys": .object(rsa.jwk)]), ("a list of keys", [:]),
            ("one `kid`", ["keys": .array(named)]),
            ("no key is for", rsa.set { $0["use"] = "enc" }), ("no key is for", ["keys": []]),
            ("no key is for", rsa.set { $0["key_ops"] = ["sign"] }),
            ("no key is for", rsa.set { $0["alg"] = "RSA-OAEP" }),
            ("no key is for", rsa.set { $0["kty"] = "rsa" }),
            ("at most 100", ["keys": .array([JSON](repeating: .object(rsa.jwk), count: 101))]),
        ]
        for (says, set) in cases {
            let message = refused(set)
            #expect(message.contains(says), "\(says): \(message)")
        }
        // What is for something else stands beside it undisturbed, weak as it is.
        let mixed: JSON = [
            "keys": [
                .object(rsa.jwk.merging(["use": "enc"]) { $1 }), .object(ec.jwk),
                .object(try Signer(.ps256, bits: 1024).jwk.merging(["alg": "RSA-OAEP"]) { $1 }),
                ["kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"],
            ]
        ]
        #expect(try Self.verify(ec.jws(), mixed, Self.allowed).payload == Self.payload)
        // An RSA key that does not say for which of two algorithms it is.
        Self.refuses(try rsa.jws(), rsa.set(), [.ps256, .rs256])
        let said = rsa.set { $0["alg"] = "PS256" }
        #expect(try Self.verify(rsa.jws(), said, [.ps256, .rs256]).payload == Self.payload)
        // Both names of EdDSA are one algorithm.
        let ed = try Signer(.edDSA)
        for name in ["EdDSA", "Ed25519"] {
            let set = ed.set { $0["alg"] = .string(name) }
            #expect(try Self.verify(ed.jws(as: "Ed25519"), set, JOSEAlgorithm.hub).payload == Self.payload)
            #expect(try Self.verify(ed.jws(as: "EdDSA"), set, JOSEAlgorithm.hub).payload == Self.payload)
        }
    }

    private static func number(_ bytes: [UInt8]) -> JSON { .string(Base64.encodeURL(bytes)) }

    private static func ones(_ count: Int) -> [UInt8] { [UInt8](repeating: 0xFF, count: count) }

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
                Self.number(Array(try publicKey.bytes(member).drop { $0 == 0 }))
            }
            let jwk: JSON = ["kty": "RSA", "n": try number("modulus"), "e": try number("publicExponent")]
            let key = try VerificationKey(jwk: jwk)
            for test in try #require(group["tests"]?.array) {
                let isValid = key.isValid(try test.bytes("sig"), for: try test.bytes("msg"), .ps256)
                #expect(isValid == (test["result"] == "valid"), "case \(test["tcId"]?.integer ?? 0)")
                count += 1
            }
        }
        #expect(Int64(count) == document["numberOfTests"]?.integer)
    }
}
