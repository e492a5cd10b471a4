import COpenSSL
public import Model

extension PrivateKey {
    /// Reads a private JWK (RFC 7518 section 6.2.2, RFC 8037 section 2).
    /// - Throws: as `PublicKey.init(jwk:)`; `invalidKey` also where `d` is missing, has not exactly 32 bytes
    ///   or does not belong to `x` and `y`.
    public init(jwk: JSON) throws(CryptographyError) {
        let reader = try JWKReader(jwk)
        try reader.requireUse(operation: "sign")
        let secret = try reader.scalar("d"), point = try reader.point()
        switch reader.algorithm {
        case .es256: try self.init(der: Self.sec1(secret: secret, point: point))
        case .ed25519: try self.init(der: Self.pkcs8(seed: secret))
        }
        guard publicKey.point == point else {
            throw CryptographyError(.invalidKey, "member `d` does not belong to the public key")
        }
    }

    /// The members of `publicKey.jwk` and `d`. Whoever holds it can sign.
    public var jwk: JSON {
        var members = publicKey.jwk.object ?? [:]
        members["d"] = .string(Base64.encodeURL(secret))
        return .object(members)
    }

    /// The 32 bytes of d, or the seed of an Ed25519 key.
    private var secret: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        switch algorithm {
        case .es256:
            var number: OpaquePointer?
            defer { BN_clear_free(number) }
            precondition(
                EVP_PKEY_get_bn_param(handle.pointer, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1
                    && BN_bn2binpad(number, &bytes, 32) == 32, "no memory for a private key")
        case .ed25519:
            var length = bytes.count
            precondition(
                EVP_PKEY_get_raw_private_key(handle.pointer, &bytes, &length) == 1 && length == 32,
                "no memory for a private key")
        }
        return bytes
    }

    /// ECPrivateKey (RFC 5915 section 3) with the named curve P-256.
    private static func sec1(secret: [UInt8], point: [UInt8]) -> [UInt8] {
        let curve: [UInt8] = [0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        return [0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20] + secret + curve
            + [0xA1, 0x44, 0x03, 0x42, 0x00, 0x04] + point
    }

    /// PKCS #8 of an Ed25519 key (RFC 8410 section 7).
    private static func pkcs8(seed: [UInt8]) -> [UInt8] {
        [0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]
            + seed
    }
}
