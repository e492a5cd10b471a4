import COpenSSL

/// A private key for ES256 or Ed25519, with its public key.
///
/// OpenSSL clears its own copy when the last reference goes. The texts that `pem` and `jwk` give are ordinary
/// Swift values: whoever makes them must not keep them.
public struct PrivateKey: Sendable {
    public let algorithm: SignatureAlgorithm
    public let publicKey: PublicKey
    let handle: KeyHandle

    /// A new key from the system's randomness.
    /// - Throws: `libraryFailure`.
    public static func generate(_ algorithm: SignatureAlgorithm) throws(CryptographyError) -> PrivateKey {
        ERR_clear_error()
        let key =
            switch algorithm {
            case .es256: sluis_generate_p256()
            case .ed25519: sluis_generate_ed25519()
            }
        guard let key else { throw .withLibraryReason(.libraryFailure, "no key could be made") }
        return try PrivateKey(KeyHandle(owning: key))
    }

    init(_ handle: KeyHandle) throws(CryptographyError) {
        guard let algorithm = handle.algorithm else {
            throw CryptographyError(
                .unsupportedKey, "the key is \(handle.typeName); expected EC on prime256v1 or ED25519")
        }
        guard handle.isConsistentPair, let der = handle.publicDER else {
            throw .withLibraryReason(.invalidKey, "the key's public part does not belong to its private part")
        }
        self.algorithm = algorithm
        self.handle = handle
        // The public key never shares the handle, so that it holds nothing private.
        publicKey = try PublicKey(der: der)
    }
}
