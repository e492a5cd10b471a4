import COpenSSL

/// The signature algorithms of JOSE (RFC 7518 section 3.1, RFC 8037, RFC 9864).
///
/// The hub takes those of `hub`; the others are for people who look at a token of somebody else and name its
/// algorithm themselves.
public enum JOSEAlgorithm: String, CaseIterable, Sendable {
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"
    /// EdDSA over this curve, by its full name (RFC 9864).
    case ed25519 = "Ed25519"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"

    /// Those of FAPI 2.0 (Security Profile section 5.4).
    public static let hub: Set<JOSEAlgorithm> = [.es256, .edDSA, .ed25519, .ps256]

    enum Family: Hashable, Sendable { case ecdsa, ed25519, rsaPSS, rsaPKCS1, hmac }

    var family: Family {
        switch self {
        case .es256, .es384, .es512: .ecdsa
        case .edDSA, .ed25519: .ed25519
        case .ps256, .ps384, .ps512: .rsaPSS
        case .rs256, .rs384, .rs512: .rsaPKCS1
        case .hs256, .hs384, .hs512: .hmac
        }
    }

    /// The curve of an ECDSA key: each goes with one hash.
    var curve: Curve? {
        switch self {
        case .es256: .p256
        case .es384: .p384
        case .es512: .p521
        default: nil
        }
    }

    /// Nil where the algorithm hashes by itself.
    var digest: OpaquePointer? {
        switch self {
        case .es256, .ps256, .rs256, .hs256: EVP_sha256()
        case .es384, .ps384, .rs384, .hs384: EVP_sha384()
        case .es512, .ps512, .rs512, .hs512: EVP_sha512()
        case .edDSA, .ed25519: nil
        }
    }

    /// Of an HMAC key and its tag (RFC 7518 section 3.2).
    var digestBytes: Int {
        switch self {
        case .es384, .ps384, .rs384, .hs384: 48
        case .es512, .ps512, .rs512, .hs512: 64
        default: 32
        }
    }

    /// A curve of RFC 7518 section 6.2.1.1.
    enum Curve: String, CaseIterable, Sendable {
        case p256 = "P-256"
        case p384 = "P-384"
        case p521 = "P-521"

        var coordinateBytes: Int {
            switch self {
            case .p256: 32
            case .p384: 48
            case .p521: 66
            }
        }
    }
}
