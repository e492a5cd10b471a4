import COpenSSL

/// A public key for ES256 or Ed25519. Keys are equal if their encodings are.
public struct PublicKey: Sendable {
    public let algorithm: SignatureAlgorithm
    /// SubjectPublicKeyInfo (RFC 5280 section 4.1) in the one form that RFC 5480 (uncompressed point, named
    /// curve) or RFC 8410 gives it.
    public let der: [UInt8]
    let handle: KeyHandle

    /// Reads a SubjectPublicKeyInfo.
    ///
    /// Compressed points and written-out curve parameters are refused, so that a key has one encoding.
    /// - Throws: `unsupportedKey` for RSA, other curves and other forms, `invalidKey` for anything else,
    ///   a point off the curve included.
    public init(der: [UInt8]) throws(CryptographyError) {
        ERR_clear_error()
        let key = DER.value(
            of: der, { d2i_PUBKEY(nil, $0, $1) }, free: EVP_PKEY_free)
        guard let key else { throw .withLibraryReason(.invalidKey, "not a public key") }
        let handle = KeyHandle(owning: key)
        guard let algorithm = handle.algorithm else {
            throw CryptographyError(
                .unsupportedKey, "the key is \(handle.typeName); expected EC on prime256v1 or ED25519")
        }
        try self.init(algorithm, der: der, handle: handle)
    }

    init(_ algorithm: SignatureAlgorithm, der: [UInt8], handle: KeyHandle) throws(CryptographyError) {
        let prefix = algorithm.publicKeyPrefix
        guard der.starts(with: prefix), der.count == prefix.count + algorithm.pointByteCount else {
            throw CryptographyError(
                .unsupportedKey,
                "the key has a compressed point or parameters of its own; "
                    + "expected a named curve and an uncompressed point")
        }
        if algorithm == .ed25519 { try Ed25519Point.check(Array(der[prefix.count...])) }
        self.algorithm = algorithm
        self.der = der
        self.handle = handle
    }

    /// Wraps the 64 bytes x and y, or the 32 bytes of an Ed25519 key.
    init(_ algorithm: SignatureAlgorithm, point: [UInt8]) throws(CryptographyError) {
        guard point.count == algorithm.pointByteCount else {
            throw CryptographyError(
                .invalidKey, "the key has \(point.count) bytes; expected \(algorithm.pointByteCount)")
        }
        try self.init(der: algorithm.publicKeyPrefix + point)
    }

    /// The 32 bytes of an Ed25519 key (RFC 8032 section 5.1.5).
    /// - Throws: `invalidKey` for another length, a value that is no point, or a point of small order.
    public init(ed25519 raw: [UInt8]) throws(CryptographyError) {
        try self.init(.ed25519, point: raw)
    }

    /// The 32 bytes of an Ed25519 key; nil for ES256.
    public var ed25519Raw: [UInt8]? { algorithm == .ed25519 ? point : nil }

    /// x and y, or the 32 bytes of an Ed25519 key.
    var point: [UInt8] { Array(der.suffix(algorithm.pointByteCount)) }
}

extension PublicKey: Hashable {
    public static func == (a: PublicKey, b: PublicKey) -> Bool { a.der == b.der }
    public func hash(into hasher: inout Hasher) { hasher.combine(der) }
}
