import COpenSSL
public import Model

/// A key of somebody else with which his signatures are checked, as a JWK says it (RFC 7517).
///
/// What the JWK says that the key is for is kept: `alg`, `use` and `key_ops` allow verifying, or the key is
/// not taken.
public struct VerificationKey: Sendable {
    /// `kid`; nil if the JWK has none.
    public let id: String?
    /// What may be verified with it.
    public let algorithms: Set<JOSEAlgorithm>
    /// The members that make the key, and no others: without `kid`, `alg` or whatever else came with it. Of
    /// a key for HMAC that is the secret.
    public let jwk: JSON
    /// SHA-256 over `jwk` (RFC 7638): the `jkt` of RFC 9449, and a name that nobody can give to another key.
    public let thumbprint: Thumbprint
    private let material: Material

    private enum Material: Sendable {
        case asymmetric(KeyHandle)
        case secret([UInt8])
    }

    /// Reads a JWK, strictly.
    ///
    /// - Parameter allowed: the algorithms of which the key may be for one. A key without `alg` must fit
    ///   exactly one of them: a key is used with one algorithm (RFC 8725 section 3.1).
    /// - Throws: `unsupportedKey` for a key for other algorithms or other uses, `invalidKey` for private keys
    ///   and those whose parts are missing, not strict base64url, of another length or no point of the curve,
    ///   `weakKey` for those that protect nothing.
    public init(jwk: JSON, allowed: Set<JOSEAlgorithm> = JOSEAlgorithm.hub) throws(CryptographyError) {
        guard let members = jwk.object else {
            throw CryptographyError(.invalidKey, "a key is a JSON object; found a \(jwk.kind)")
        }
        let reader = JWKMembers(members)
        id = try reader.optional("kid")
        let kty = try reader.word("kty")
        if kty != "oct" { try reader.refusePrivate() }
        // What it is for comes before what it is: a key for something else is not judged.
        try reader.requireUse()
        let named = try members["alg"] == nil ? nil : Self.named(reader.word("alg"), allowed)
        let fitting: Set<JOSEAlgorithm>
        (material, fitting) = try Self.material(kty, reader)
        if named != nil, kty == "oct", fitting.isDisjoint(with: named ?? []) {
            throw CryptographyError(.weakKey, "member `k`: the secret is shorter than the hash")
        }
        algorithms = try Self.algorithms(fitting, named, allowed)
        self.jwk = reader.required(of: kty)
        guard let thumbprint = Thumbprint(SHA256.hash(self.jwk.canonical)) else {
            preconditionFailure("a digest of SHA-256 has 32 bytes")
        }
        self.thumbprint = thumbprint
    }

    /// Whether `signature` was made over `message` under the algorithm with this key.
    public func isValid(_ signature: [UInt8], for message: [UInt8], _ algorithm: JOSEAlgorithm) -> Bool {
        guard algorithms.contains(algorithm) else { return false }
        switch material {
        case .secret(let secret):
            guard let tag = HMAC.tag(message, secret, algorithm) else { return false }
            return ConstantTime.areEqual(signature, tag)
        case .asymmetric(let handle):
            guard algorithm.family == .ecdsa, let size = algorithm.curve?.coordinateBytes else {
                return Self.verify(signature, message, handle, algorithm)
            }
            guard let der = ECDSASignature.der(p1363: signature, coordinateBytes: size) else { return false }
            return Self.verify(der, message, handle, algorithm)
        }
    }

    /// What `alg` of a key means of what is allowed.
    private static func named(
        _ name: String, _ allowed: Set<JOSEAlgorithm>
    ) throws(CryptographyError) -> Set<JOSEAlgorithm> {
        // Both names of EdDSA over Ed25519 are one algorithm. ES512 is that of P-521, which some call so.
        let names =
            ["EdDSA", "Ed25519"].contains(name) ? ["EdDSA", "Ed25519"] : [name == "ES521" ? "ES512" : name]
        let meant = allowed.filter { names.contains($0.rawValue) }
        guard !meant.isEmpty else {
            throw CryptographyError(
                .unsupportedKey, "member `alg`: expected one of \(list(allowed)); found `\(name.prefix(40))`")
        }
        return meant
    }

    private static func algorithms(
        _ fitting: Set<JOSEAlgorithm>, _ named: Set<JOSEAlgorithm>?, _ allowed: Set<JOSEAlgorithm>
    ) throws(CryptographyError) -> Set<JOSEAlgorithm> {
        let usable = fitting.intersection(named ?? allowed)
        guard !usable.isEmpty else {
            throw CryptographyError(.unsupportedKey, "the key is for none of \(list(named ?? allowed))")
        }
        guard usable.count == 1 || usable.allSatisfy({ $0.family == .ed25519 }) else {
            throw CryptographyError(
                .unsupportedKey, "member `alg` is missing: the key fits several of \(list(allowed))")
        }
        return usable
    }

    private static func list(_ algorithms: Set<JOSEAlgorithm>) -> String {
        algorithms.map(\.rawValue).sorted().joined(separator: ", ")
    }

    private static func material(
        _ kty: String, _ reader: JWKMembers
    ) throws(CryptographyError) -> (Material, Set<JOSEAlgorithm>) {
        switch kty {
        case "EC":
            let name = try reader.word("crv")
            guard let curve = JOSEAlgorithm.Curve(rawValue: name) else {
                throw CryptographyError(.unsupportedKey, "member `crv`: no curve of ECDSA in JOSE")
            }
            let point =
                try reader.bytes("x", count: curve.coordinateBytes)
                + reader.bytes("y", count: curve.coordinateBytes)
            let fitting = JOSEAlgorithm.allCases.filter { $0.curve == curve }
            return (.asymmetric(try KeyHandle(curve, point: point)), Set(fitting))
        case "OKP":
            guard try reader.word("crv") == "Ed25519" else {
                throw CryptographyError(.unsupportedKey, "member `crv`: expected `Ed25519`")
            }
            let key = try PublicKey(ed25519: reader.bytes("x", count: 32))
            return (.asymmetric(key.handle), [.edDSA, .ed25519])
        case "RSA":
            let (modulus, exponent) = (try reader.number("n"), try reader.number("e"))
            try RSAKeyCheck.check(modulus: modulus, exponent: exponent)
            let fitting = JOSEAlgorithm.allCases.filter { [.rsaPSS, .rsaPKCS1].contains($0.family) }
            return (.asymmetric(try KeyHandle(modulus: modulus, exponent: exponent)), Set(fitting))
        case "oct":
            let secret = try reader.bytes("k", count: nil)
            // RFC 7518 section 3.2: no shorter than the hash.
            let fitting = JOSEAlgorithm.allCases.filter {
                $0.family == .hmac && secret.count >= $0.digestBytes
            }
            return (.secret(secret), Set(fitting))
        default:
            throw CryptographyError(.unsupportedKey, "member `kty`: expected EC, OKP or RSA")
        }
    }

    private static func verify(
        _ signature: [UInt8], _ message: [UInt8], _ handle: KeyHandle, _ algorithm: JOSEAlgorithm
    ) -> Bool {
        // What a bad signature leaves in the queue must not explain a later failure.
        defer { ERR_clear_error() }
        // RFC 8017 sections 8.1.2 and 8.2.2: OpenSSL takes a PSS signature without its leading zeros, too.
        let isRSA = algorithm.family == .rsaPSS || algorithm.family == .rsaPKCS1
        guard !isRSA || signature.count == Int(EVP_PKEY_get_size(handle.pointer)) else { return false }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?
        guard EVP_DigestVerifyInit(context, &keyContext, algorithm.digest, nil, handle.pointer) == 1 else {
            return false
        }
        switch algorithm.family {
        case .rsaPKCS1:
            guard EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PADDING) == 1 else { return false }
        case .rsaPSS:
            // RFC 7518 section 3.5: the salt is as long as the hash, and MGF1 uses the same.
            guard EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, RSA_PSS_SALTLEN_DIGEST) == 1,
                EVP_PKEY_CTX_set_rsa_mgf1_md(keyContext, algorithm.digest) == 1
            else { return false }
        default: break
        }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
