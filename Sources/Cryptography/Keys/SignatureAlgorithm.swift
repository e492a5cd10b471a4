/// The two signature algorithms of Sluis, by their JOSE names.
public enum SignatureAlgorithm: String, CaseIterable, Sendable {
    /// ECDSA with P-256 and SHA-256 (RFC 7518 section 3.4).
    case es256 = "ES256"
    /// Ed25519 (RFC 8032, RFC 8037).
    case ed25519 = "EdDSA"

    /// `kty` and `crv` of a JWK (RFC 7518 section 6.2, RFC 8037 section 2).
    var keyType: (kty: String, crv: String) {
        switch self {
        case .es256: ("EC", "P-256")
        case .ed25519: ("OKP", "Ed25519")
        }
    }

    /// What stands before the point in a SubjectPublicKeyInfo (RFC 5480, RFC 8410): the whole encoding is
    /// this and then 64 bytes (x, y) or 32 bytes.
    var publicKeyPrefix: [UInt8] {
        switch self {
        case .es256:
            [
                0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08,
                0x2A,
                0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
            ]
        case .ed25519: [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
        }
    }

    /// The length of what follows `publicKeyPrefix`.
    var pointByteCount: Int { self == .es256 ? 64 : 32 }
}
