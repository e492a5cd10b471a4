import Model

/// The parts of a JWK that public and private keys share.
struct JWKReader {
    let algorithm: SignatureAlgorithm
    private let jwk: JSON

    init(_ jwk: JSON) throws(CryptographyError) {
        guard jwk.object != nil else {
            throw CryptographyError(.invalidKey, "a key is a JSON object; found a \(jwk.kind)")
        }
        let kty = try Self.text("kty", of: jwk)
        let crv = try? Self.text("crv", of: jwk)
        let fitting = SignatureAlgorithm.allCases.first { $0.keyType.kty == kty && $0.keyType.crv == crv }
        guard let fitting else {
            throw CryptographyError(
                .unsupportedKey, "members `kty` and `crv`: expected `EC` with `P-256` or `OKP` with `Ed25519`"
            )
        }
        algorithm = fitting
        self.jwk = jwk
    }

    /// x and y, or x alone.
    func point() throws(CryptographyError) -> [UInt8] {
        guard algorithm == .es256 else { return try scalar("x") }
        return try scalar("x") + scalar("y")
    }

    /// Exactly 32 bytes in base64url (RFC 7518 section 6.2.1.2: leading zeros are never left out).
    func scalar(_ member: String) throws(CryptographyError) -> [UInt8] {
        guard let bytes = Base64.decodeURL(try Self.text(member, of: jwk)), bytes.count == 32 else {
            throw CryptographyError(.invalidKey, "member `\(member)`: expected 32 bytes in base64url")
        }
        return bytes
    }

    /// Checks `alg`, `use` and `key_ops` (RFC 7517 sections 4.2 to 4.4) where they are present.
    func requireUse(operation: String) throws(CryptographyError) {
        // RFC 9864 calls EdDSA over this curve `Ed25519`.
        let names = algorithm == .es256 ? ["ES256"] : ["EdDSA", "Ed25519"]
        if let alg = jwk["alg"], !names.contains(alg.string ?? "") {
            throw CryptographyError(.unsupportedKey, "member `alg`: expected `\(algorithm.rawValue)`")
        }
        if let use = jwk["use"], use != "sig" {
            throw CryptographyError(.unsupportedKey, "member `use`: expected `sig`")
        }
        if let operations = jwk["key_ops"] {
            let names = operations.array?.compactMap(\.string) ?? []
            guard names.count == operations.array?.count, Set(names).count == names.count,
                names.contains(operation)
            else {
                throw CryptographyError(
                    .unsupportedKey,
                    "member `key_ops`: expected a list of different names with `\(operation)`")
            }
        }
    }

    private static func text(_ member: String, of jwk: JSON) throws(CryptographyError) -> String {
        guard let text = jwk[member]?.string else {
            throw CryptographyError(.invalidKey, "member `\(member)`: expected a string")
        }
        return text
    }
}
