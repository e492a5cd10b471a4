import COpenSSL

extension PrivateKey {
    /// Reads a text with exactly one block `PRIVATE KEY` (PKCS #8, RFC 5958) or `EC PRIVATE KEY` (RFC 5915).
    ///
    /// A block `EC PARAMETERS`, which `openssl ecparam` writes before the key, is skipped.
    /// - Throws: `encryptedKey` for a key behind a password, `unsupportedKey` for RSA and other curves,
    ///   `invalidKey` for anything else.
    public init(pem: String) throws(CryptographyError) {
        let blocks = PEMBlock.blocks(in: pem)?.filter { $0.label != "EC PARAMETERS" } ?? []
        guard blocks.count == 1, let block = blocks.first else {
            throw CryptographyError(.invalidKey, "expected one PEM block `PRIVATE KEY`")
        }
        if block.hasHeaders || block.label == "ENCRYPTED PRIVATE KEY" {
            throw CryptographyError(.encryptedKey, "the key is behind a password; expected one without")
        }
        guard block.label.hasSuffix("PRIVATE KEY") else {
            throw CryptographyError(.invalidKey, "expected a PEM block `PRIVATE KEY`; found `\(block.label)`")
        }
        try self.init(der: block.bytes)
    }

    /// One block `PRIVATE KEY` (PKCS #8, RFC 5958; RFC 7468 section 10) with a final line end.
    public var pem: String {
        let bytes = EVP_PKEY2PKCS8(handle.pointer).flatMap { information in
            defer { PKCS8_PRIV_KEY_INFO_free(information) }
            return DER.bytes { i2d_PKCS8_PRIV_KEY_INFO(information, $0) }
        }
        // A key that could be made can be written.
        guard let bytes else { preconditionFailure("no memory for writing a private key") }
        return PEMBlock(label: "PRIVATE KEY", bytes: bytes).text
    }

    /// PKCS #8 or the algorithm's own form.
    init(der: [UInt8]) throws(CryptographyError) {
        ERR_clear_error()
        let key = DER.value(of: der, { d2i_AutoPrivateKey(nil, $0, $1) }, free: EVP_PKEY_free)
        guard let key else { throw .withLibraryReason(.invalidKey, "not a private key") }
        try self.init(KeyHandle(owning: key))
    }
}
