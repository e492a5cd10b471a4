import COpenSSL
import Model

/// A certificate in the making. Steps in order: `init`, `setIssuer`, `add` ..., `sign`, each once.
final class CertificateBuilder {
    enum Extension {
        case basicConstraints, keyUsage, extendedKeyUsage, subjectKeyIdentifier, authorityKeyIdentifier
    }

    private let certificate: OpaquePointer
    private var issuer: X509Certificate?

    /// - Throws: `invalidTemplate` if the name has other than 1 to 64 characters, or a control character.
    init(commonName: String, userID: String?, key: PublicKey, from now: Instant, until end: Instant)
        throws(CryptographyError)
    {
        ERR_clear_error()
        guard let certificate = X509_new() else {
            throw CryptographyError(.libraryFailure, "no memory for a certificate")
        }
        self.certificate = certificate
        let subject = X509_get_subject_name(certificate)
        guard (1...64).contains(commonName.unicodeScalars.count),
            commonName.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
            Self.add(commonName, NID_commonName, to: subject),
            userID.map({ Self.add($0, NID_userId, to: subject) }) ?? true
        else {
            throw .withLibraryReason(
                .invalidTemplate, "`\(commonName)` is not a name of 1 to 64 characters without controls")
        }
        // Clocks of others may be slow.
        let start = now.adding(seconds: -300)
        try require(
            X509_set_version(certificate, 2) == 1 && setSerial()
                && ASN1_TIME_set(X509_getm_notBefore(certificate), start.wholeSeconds) != nil
                && ASN1_TIME_set(X509_getm_notAfter(certificate), end.wholeSeconds) != nil
                && X509_set_pubkey(certificate, key.handle.pointer) == 1)
    }

    deinit { X509_free(certificate) }

    /// The end of a validity of `days`.
    /// - Throws: `invalidTemplate` unless there are 1 to 36,500 days.
    static func end(after days: Int, from now: Instant) throws(CryptographyError) -> Instant {
        guard (1...36_500).contains(days) else {
            throw CryptographyError(.invalidTemplate, "valid for \(days) days; expected 1 to 36500")
        }
        return now.adding(seconds: Int64(days) * 86_400)
    }

    /// Sets the issuer's name and both key identifiers; nil for a self-signed certificate.
    func setIssuer(_ issuer: X509Certificate?) throws(CryptographyError) {
        self.issuer = issuer
        let name = X509_get_subject_name(issuer?.handle.pointer ?? certificate)
        try require(X509_set_issuer_name(certificate, name) == 1)
        try add(.subjectKeyIdentifier, "hash")
        try add(.authorityKeyIdentifier, "keyid:always")
    }

    /// Adds an extension in OpenSSL's configuration language; `value` is never input.
    func add(_ kind: Extension, _ value: String) throws(CryptographyError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer?.handle.pointer ?? certificate, certificate, nil, nil, 0)
        let made = X509V3_EXT_nconf_nid(nil, &context, kind.number, value)
        defer { X509_EXTENSION_free(made) }
        try require(made != nil && X509_add_ext(certificate, made, -1) == 1)
    }

    /// Adds the alternative names, if there are any.
    func add(_ names: AlternativeNames) throws(CryptographyError) {
        if !names.isEmpty { try require(names.write(to: certificate)) }
    }

    func sign(with key: PrivateKey) throws(CryptographyError) -> X509Certificate {
        try require(X509_sign(certificate, key.handle.pointer, key.algorithm.digest) > 0)
        guard let der = DER.bytes({ i2d_X509(certificate, $0) }) else {
            throw .withLibraryReason(.libraryFailure, "the certificate cannot be written")
        }
        // Read back, so that what is handed out is what others will see.
        return try X509Certificate(der: der)
    }

    /// 128 bits, of which 126 are random: the highest is clear for a positive number, the next one set, so
    /// that all serial numbers have the same length.
    private func setSerial() -> Bool {
        var bytes = SecureRandom.bytes(16)
        bytes[0] = bytes[0] & 0x3F | 0x40
        guard let number = BN_bin2bn(bytes, Int32(bytes.count), nil) else { return false }
        defer { BN_free(number) }
        return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
    }

    private static func add(_ text: String, _ kind: Int32, to subject: OpaquePointer?) -> Bool {
        let bytes = Array(text.utf8)
        return X509_NAME_add_entry_by_NID(subject, kind, MBSTRING_UTF8, bytes, Int32(bytes.count), -1, 0) == 1
    }

    private func require(_ isDone: Bool) throws(CryptographyError) {
        if !isDone { throw .withLibraryReason(.libraryFailure, "the certificate cannot be made") }
    }
}

extension CertificateBuilder.Extension {
    fileprivate var number: Int32 {
        switch self {
        case .basicConstraints: NID_basic_constraints
        case .keyUsage: NID_key_usage
        case .extendedKeyUsage: NID_ext_key_usage
        case .subjectKeyIdentifier: NID_subject_key_identifier
        case .authorityKeyIdentifier: NID_authority_key_identifier
        }
    }
}
