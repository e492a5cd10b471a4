import Cryptography
import Model
import Testing

/// A key's thumbprint is the same whoever computes it and whatever stands beside the key.
@Suite struct ThumbprintTests {
    private static let modulus = [
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWK",
        "RXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMic",
        "AtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3",
        "XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    ].joined()

    /// RFC 7638 section 3.1.
    @Test func theExampleOfRFC7638() throws {
        let bare: JSON = ["kty": "RSA", "n": .string(Self.modulus), "e": "AQAB"]
        let full = (bare.object ?? [:]).merging(["alg": "RS256", "kid": "2011-04-29"]) { $1 }
        let key = try VerificationKey(jwk: .object(full), allowed: [.rs256])
        #expect(key.thumbprint.description == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        #expect(key.jwk == bare && key.id == "2011-04-29")
    }

    /// RFC 8037 appendix A.3.
    @Test func theExampleOfRFC8037() throws {
        let bare: JSON = [
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        ]
        let key = try VerificationKey(jwk: bare)
        #expect(key.thumbprint.description == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        #expect(key.jwk == bare)
    }

    /// The key of RFC 9449, whose thumbprint is in its section 6.1.
    @Test func theExampleOfRFC9449() throws {
        let bare: JSON = [
            "kty": "EC", "crv": "P-256", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        ]
        let full = (bare.object ?? [:]).merging(["use": "sig", "key_ops": ["verify"], "k": "AA"]) { $1 }
        let key = try VerificationKey(jwk: .object(full))
        #expect(key.thumbprint.description == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
        #expect(key.jwk == bare)
    }

    /// RFC 7638 section 3.2; computed by Python's `hashlib`.
    @Test func aSecretHasOneToo() throws {
        let bare: JSON = ["kty": "oct", "k": .string(Base64.encodeURL((0..<64).map { UInt8($0) }))]
        let key = try VerificationKey(
            jwk: .object((bare.object ?? [:]).merging(["alg": "HS256"]) { $1 }), allowed: [.hs256])
        #expect(key.thumbprint.description == "C78xEqPp1b_LswE8KyDQ_0WikUVN-jmDtHmYDwUNRpw")
        #expect(key.jwk == bare)
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func ourOwnKeysAgree(algorithm: SignatureAlgorithm) throws {
        let publicKey = try PrivateKey.generate(algorithm).publicKey
        let key = try VerificationKey(jwk: publicKey.jwk)
        #expect(key.thumbprint.description == publicKey.jwkThumbprint)
        #expect(key.jwk == publicKey.jwk)
    }

    @Test func aSetTellsItsKeysAndWhichOfThemSigned() throws {
        let keys = try (0..<2).map { _ in try PrivateKey.generate(.es256) }
        let elements = keys.enumerated().map { number, key in
            JSON.object((key.publicKey.jwk.object ?? [:]).merging(["kid": .string("\(number)")]) { $1 })
        }
        let set = try VerificationKeySet(jwks: ["keys": .array(elements)])
        #expect(set.keys.map(\.thumbprint.description) == keys.map(\.publicKey.jwkThumbprint))
        for (number, key) in keys.enumerated() {
            let header: [String: JSON] = ["kid": .string("\(number)")]
            let jws = try CompactJWS(CompactJWS.sign(payload: [1], header: header, with: key))
            #expect(try set.signer(of: jws).thumbprint == set.keys[number].thumbprint)
            #expect(jws.isValid(with: set.keys[number]) && !jws.isValid(with: set.keys[1 - number]))
            let foreign = try CompactJWS(
                CompactJWS.sign(payload: [1], header: header, with: keys[1 - number]))
            #expect(throws: CryptographyError(.invalidJWS, "")) { try set.signer(of: foreign) }
        }
    }
}
