public import Model

extension PublicKey {
    /// Reads a JWK (RFC 7517, RFC 7518 section 6.2, RFC 8037).
    ///
    /// Coordinates are strict base64url of exactly 32 bytes and must be a point of the curve; `alg`, `use`
    /// and `key_ops`, where present, must allow verifying. Other members are ignored, as RFC 7517 section 4
    /// asks.
    /// - Throws: `invalidKey`, `unsupportedKey`; a private key is refused, for it should not have come here.
    public init(jwk: JSON) throws(CryptographyError) {
        let reader = try JWKReader(jwk)
        guard jwk["d"] == nil else {
            throw CryptographyError(.invalidKey, "member `d`: the key is private; expected a public key")
        }
        try reader.requireUse(operation: "verify")
        try self.init(reader.algorithm, point: reader.point())
    }

    /// The members `kty`, `crv`, `x` and, for ES256, `y`.
    public var jwk: JSON {
        let (kty, crv) = algorithm.keyType
        var members: [String: JSON] = [
            "kty": .string(kty), "crv": .string(crv), "x": .string(Base64.encodeURL(point.prefix(32))),
        ]
        if algorithm == .es256 { members["y"] = .string(Base64.encodeURL(point.suffix(32))) }
        return .object(members)
    }

    /// The JWK thumbprint (RFC 7638, RFC 8037 section 2): base64url of SHA-256 over the JWK's required
    /// members.
    public var jwkThumbprint: String { Base64.encodeURL(SHA256.hash(jwk.canonical)) }
}
