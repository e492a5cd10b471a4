import COpenSSL

extension PrivateKey {
    /// Signs `message`.
    /// - Returns: 64 bytes: r then s for ES256 (RFC 7518 section 3.4), the signature of RFC 8032 for Ed25519.
    /// - Throws: `libraryFailure`.
    public func sign(_ message: [UInt8]) throws(CryptographyError) -> [UInt8] {
        let signature = try signature(for: message)
        guard algorithm == .es256 else { return signature }
        guard let fixed = ECDSASignature.p1363(der: signature) else {
            throw .withLibraryReason(.libraryFailure, "the signature cannot be written")
        }
        return fixed
    }

    /// Signs `message` with ES256, in DER (RFC 3279 section 2.2.3).
    /// - Throws: `unsupportedKey` for Ed25519, which has no DER form; `libraryFailure`.
    public func signDER(_ message: [UInt8]) throws(CryptographyError) -> [UInt8] {
        guard algorithm == .es256 else {
            throw CryptographyError(.unsupportedKey, "Ed25519 signatures have no DER form")
        }
        return try signature(for: message)
    }

    /// As OpenSSL writes it: DER for ES256.
    private func signature(for message: [UInt8]) throws(CryptographyError) -> [UInt8] {
        ERR_clear_error()
        // The longest P-256 signature in DER has 72 bytes.
        var signature = [UInt8](repeating: 0, count: 80)
        var length = signature.count
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, algorithm.digest, nil, handle.pointer) == 1,
            EVP_DigestSign(context, &signature, &length, message, message.count) == 1
        else { throw .withLibraryReason(.libraryFailure, "signing failed") }
        return Array(signature[..<length])
    }
}
