import Cryptography
import Model
import Testing

/// A member to leave out. (`nil` in a place for a JSON value is JSON's null.)
private let absent: JSON? = Optional.none

@Suite struct KeyJWKTests {
    @Test(arguments: SignatureAlgorithm.allCases)
    func aKeySurvivesItsJWK(algorithm: SignatureAlgorithm) throws {
        for _ in 0..<20 {
            let key = try PrivateKey.generate(algorithm)
            #expect(try PublicKey(jwk: key.publicKey.jwk) == key.publicKey)
            #expect(key.publicKey.jwk["d"] == nil)
            let again = try PrivateKey(jwk: key.jwk)
            #expect(again.publicKey == key.publicKey && again.pem == key.pem)
        }
    }

    /// RFC 8037 appendix A.2 and A.3.
    @Test func thePublishedEd25519Thumbprint() throws {
        let jwk: JSON = ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]
        let key = try PublicKey(jwk: jwk)
        #expect(key.jwk == jwk)
        #expect(key.jwkThumbprint == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    }

    /// The example key of RFC 7515 appendix A.3; the thumbprint by the definition of RFC 7638 section 3.
    @Test func aThumbprintIsTheDigestOfTheRequiredMembersInOrder() throws {
        let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
        let jwk: JSON = [
            "kty": "EC", "crv": "P-256", "x": .string(x), "y": .string(y), "kid": "a name", "use": "sig",
        ]
        let key = try PublicKey(jwk: jwk)
        let members = #"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#
        #expect(key.jwkThumbprint == Base64.encodeURL(SHA256.hash(Array(members.utf8))))
        #expect(key.jwk["kid"] == nil)
    }

    private func es256(_ changes: [String: JSON?]) throws -> JSON {
        var members = try PrivateKey.generate(.es256).publicKey.jwk.object ?? [:]
        for (name, value) in changes { members[name] = value }
        return .object(members)
    }

    @Test func membersThatFitAreTaken() throws {
        let fitting: [[String: JSON?]] = [
            ["alg": "ES256"], ["use": "sig"], ["key_ops": ["verify"]], ["key_ops": ["sign", "verify"]],
            ["x5c": "unknown here"],
        ]
        for changes in fitting {
            let jwk = try es256(changes)
            #expect(throws: Never.self) { try PublicKey(jwk: jwk) }
        }
    }

    @Test func membersThatDoNotFitAreRefused() throws {
        let other = try PrivateKey.generate(.es256).publicKey.jwk["y"]
        let long = JSON.string(Base64.encodeURL([0] + SecureRandom.bytes(32)))
        let short = JSON.string(Base64.encodeURL(SecureRandom.bytes(31)))
        let invalid: [[String: JSON?]] = [
            ["x": absent], ["y": absent], ["kty": absent], ["x": 5], ["y": other], ["x": long],
            ["x": short], ["y": ""], ["x": "not/base64url+of-any-thirty-two-bytes-......"], ["d": "AAAA"],
        ]
        for changes in invalid {
            let jwk = try es256(changes)
            #expect(throws: CryptographyError(.invalidKey, ""), "\(changes)") { try PublicKey(jwk: jwk) }
        }
        let unsupported: [[String: JSON?]] = [
            ["crv": absent], ["crv": "P-384"], ["crv": "Ed25519"], ["kty": "OKP"], ["kty": "RSA"],
            ["kty": "oct"], ["alg": "ES384"], ["alg": "EdDSA"], ["alg": 1], ["use": "enc"], ["use": 1],
            ["key_ops": ["sign"]], ["key_ops": "verify"], ["key_ops": ["verify", 1]],
            ["key_ops": ["verify", "verify"]],
        ]
        for changes in unsupported {
            let jwk = try es256(changes)
            #expect(throws: CryptographyError(.unsupportedKey, ""), "\(changes)") { try PublicKey(jwk: jwk) }
        }
        for value: JSON in [nil, "key", [], 5] {
            #expect(throws: CryptographyError(.invalidKey, "")) { try PublicKey(jwk: value) }
        }
    }

    @Test func base64urlWithStrayBitsIsRefused() throws {
        let jwk = try es256([:])
        let x = try jwk.text("x")
        // The last character of 43 carries two bits that no byte holds.
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = try #require(x.last.flatMap { alphabet.firstIndex(of: $0) })
        let stray = JSON.string(String(x.dropLast()) + String(alphabet[last + 1]))
        let bent = try es256(["x": stray, "y": jwk["y"]])
        #expect(throws: CryptographyError(.invalidKey, "")) { try PublicKey(jwk: bent) }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func aPrivatePartOfAnotherKeyIsRefused(algorithm: SignatureAlgorithm) throws {
        let mine = try PrivateKey.generate(algorithm), other = try PrivateKey.generate(algorithm)
        var members = try #require(mine.jwk.object)
        members["d"] = other.jwk["d"]
        let mixed = JSON.object(members)
        #expect(throws: CryptographyError(.invalidKey, "")) { try PrivateKey(jwk: mixed) }
        for wrong: JSON? in [absent, "", "AAAA", .string(Base64.encodeURL(SecureRandom.bytes(33)))] {
            members["d"] = wrong
            let jwk = JSON.object(members)
            #expect(throws: CryptographyError(.invalidKey, "")) { try PrivateKey(jwk: jwk) }
        }
        members = try #require(mine.jwk.object)
        members["key_ops"] = ["verify"]
        let verifying = JSON.object(members)
        #expect(throws: CryptographyError(.unsupportedKey, "")) { try PrivateKey(jwk: verifying) }
    }

    /// d must lie between 1 and the group's order less 1.
    @Test func aScalarOutOfRangeIsRefused() throws {
        let order = try #require(
            Hex.decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"))
        var members = try PrivateKey.generate(.es256).jwk.object ?? [:]
        for scalar in [[UInt8](repeating: 0, count: 32), order, [UInt8](repeating: 255, count: 32)] {
            members["d"] = .string(Base64.encodeURL(scalar))
            let jwk = JSON.object(members)
            #expect(throws: CryptographyError(.invalidKey, "")) { try PrivateKey(jwk: jwk) }
        }
    }
}
