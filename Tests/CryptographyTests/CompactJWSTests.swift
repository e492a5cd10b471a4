import Cryptography
import Model
import Testing

@Suite struct CompactJWSTests {
    private let payload = Array(#"{"agreement":"live"}"#.utf8)
    private let malformed = CryptographyError(.invalidJWS, "")

    private func join(_ header: String, _ payload: String = "{}", signature: [UInt8] = [1]) -> String {
        [Array(header.utf8), Array(payload.utf8), signature].map { Base64.encodeURL($0) }.joined(
            separator: ".")
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func whatWasSignedIsReadAndValid(algorithm: SignatureAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm)
        let text = try CompactJWS.sign(payload: payload, header: ["typ": "JWT", "kid": "1"], with: key)
        let jws = try CompactJWS(text)
        #expect(jws.header == ["alg": .string(algorithm.rawValue), "typ": "JWT", "kid": "1"])
        #expect(jws.payload == payload && jws.signature.count == 64)
        #expect(jws.isValid(with: key.publicKey))
        #expect(!jws.isValid(with: try PrivateKey.generate(algorithm).publicKey))
        #expect(try CompactJWS(bytes: Array(text.utf8)) == jws)
        let empty = try CompactJWS(CompactJWS.sign(payload: [], header: [:], with: key))
        #expect(empty.payload.isEmpty && empty.isValid(with: key.publicKey))
    }

    /// RFC 7515 appendix A.3 (ES256) and RFC 8037 appendix A.4 (Ed25519).
    @Test(arguments: [
        (
            [
                "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            ] as JSON,
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9"
                + "leGFtcGxlLmNvbS9pc19"
                + "yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
                + "pmWQxfKTUJqPP3-Kg6"
                + "NU1Q"
        ),
        (
            ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"] as JSON,
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1P"
                + "POt7-09PGcvMg3AIbQR6"
                + "dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        ),
    ])
    func publishedExamples(jwk: JSON, text: String) throws {
        let jws = try CompactJWS(text)
        #expect(jws.isValid(with: try PublicKey(jwk: jwk)))
    }

    @Test func noBentCharacterIsValid() throws {
        let key = try PrivateKey.generate(.es256)
        let text = Array(try CompactJWS.sign(payload: payload, header: ["typ": "JWT"], with: key).utf8)
        for position in text.indices {
            for bit in 0..<8 {
                var bent = text
                bent[position] ^= 1 << UInt8(bit)
                let isValid = (try? CompactJWS(bytes: bent))?.isValid(with: key.publicKey) ?? false
                #expect(!isValid, "bit \(bit) of byte \(position)")
            }
            let isValid = (try? CompactJWS(bytes: Array(text[..<position])))?.isValid(with: key.publicKey)
            #expect(isValid != true)
        }
    }

    @Test func theShapeIsStrict() throws {
        let fine = join(#"{"alg":"ES256"}"#)
        #expect(throws: Never.self) { try CompactJWS(fine) }
        let texts = [
            "", ".", "..", "...", fine + ".", "." + fine, fine + "=", fine + "\n", " " + fine,
            fine.replacing(".", with: ".."), fine.replacing(".", with: ""), fine + "AAA", "é" + fine,
            join("{}"), join("[]"), join("null"), join(#"{"alg":1}"#), join(#"{"alg":null}"#), join("{"),
            join(#"{"alg":"ES256","alg":"ES256"}"#), join(#"{"alg":"ES256","typ":"a","typ":"a"}"#),
            join(#"{"alg":"ES256","crit":[]}"#), join(#"{"alg":"ES256","crit":["exp"],"exp":1}"#),
            join(#"{"alg":"ES256","b64":false}"#), join(#"{"alg":"ES256","b64":true}"#),
            join(#"{"alg":"ES256"} x"#),
            join(String(repeating: "[", count: 1000)),
        ]
        for text in texts { #expect(throws: malformed, "\(text)") { try CompactJWS(text) } }
    }

    @Test func longTextsAreNotLookedAt() throws {
        let head = join(#"{"alg":"ES256"}"#, "", signature: [])
        let text = head + String(repeating: "A", count: 8192 - head.utf8.count)
        #expect(throws: Never.self) { try CompactJWS(text) }
        #expect(throws: malformed) { try CompactJWS(text + "AAAA") }
        #expect(throws: Never.self) { try CompactJWS(text + "AAAA", maximumBytes: 8196) }
        #expect(throws: malformed) { try CompactJWS(text, maximumBytes: 100) }
    }

    /// RFC 8725 section 3.1: the key's algorithm counts, never the header's alone.
    @Test func theHeaderNeverChoosesTheAlgorithm() throws {
        let key = try PrivateKey.generate(.es256)
        for name in ["none", "None", "NONE", "", "HS256", "ES384", "EdDSA", "es256", "ES256 "] {
            let input = Base64.encodeURL(#"{"alg":"\#(name)"}"#.utf8) + "." + Base64.encodeURL(payload)
            let signed = try key.sign(Array(input.utf8))
            let secret = HMACSHA256.authenticate(Array(input.utf8), key: Array(key.publicKey.pem.utf8))
            for signature in [[], signed, secret] {
                let jws = try CompactJWS(input + "." + Base64.encodeURL(signature))
                #expect(!jws.isValid(with: key.publicKey), "\(name)")
            }
        }
    }

    @Test func aSignatureInDERIsNotValid() throws {
        let key = try PrivateKey.generate(.es256)
        let input = Base64.encodeURL(#"{"alg":"ES256"}"#.utf8) + "." + Base64.encodeURL(payload)
        let signature = try key.signDER(Array(input.utf8))
        #expect(!(try CompactJWS(input + "." + Base64.encodeURL(signature))).isValid(with: key.publicKey))
    }

    @Test func theSignerKeepsItsOwnMembers() throws {
        let key = try PrivateKey.generate(.ed25519)
        for member in ["alg", "crit", "b64"] {
            #expect(throws: malformed) {
                try CompactJWS.sign(payload: payload, header: [member: "EdDSA"], with: key)
            }
        }
    }
}
