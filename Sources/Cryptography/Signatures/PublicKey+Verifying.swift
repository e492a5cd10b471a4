import COpenSSL

extension PublicKey {
    /// Whether `signature` over `message` was made with the private key.
    ///
    /// - Parameter signature: ES256: r then s, 64 bytes (RFC 7518 section 3.4); Ed25519: 64 bytes (RFC 8032).
    ///   Anything else, r or s out of range, or an Ed25519 S not below the group's order is not valid.
    public func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        switch algorithm {
        case .es256: ECDSASignature.der(p1363: signature).map { verify($0, message) } ?? false
        case .ed25519: signature.count == 64 && verify(signature, message)
        }
    }

    /// Whether `signature`, in DER (RFC 3279 section 2.2.3) and in its one canonical encoding, over `message`
    /// was made with the private key. Never true for Ed25519, which has no DER form.
    public func isValid(der signature: [UInt8], for message: [UInt8]) -> Bool {
        algorithm == .es256 && verify(signature, message)
    }

    private func verify(_ signature: [UInt8], _ message: [UInt8]) -> Bool {
        // What a bad signature leaves in the queue must not explain a later failure.
        defer { ERR_clear_error() }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, algorithm.digest, nil, handle.pointer) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}

extension SignatureAlgorithm {
    /// Ed25519 hashes by itself.
    var digest: OpaquePointer? { self == .es256 ? EVP_sha256() : nil }
}
