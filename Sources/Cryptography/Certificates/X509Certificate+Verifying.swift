import COpenSSL
public import Model

extension X509Certificate {
    /// What a certificate is used for in a TLS connection (RFC 5280 section 4.2.1.12).
    public enum Purpose: Sendable {
        case client, server
    }

    /// Whether `issuer` may issue certificates, bears the name and key identifier this one gives for its
    /// issuer, and its key made this one's signature. Says nothing about time.
    public func isIssued(by issuer: X509Certificate) -> Bool {
        defer { ERR_clear_error() }
        return issuer.isAuthority && X509_check_issued(issuer.handle.pointer, handle.pointer) == X509_V_OK
            && X509_verify(handle.pointer, X509_get0_pubkey(issuer.handle.pointer)) == 1
    }

    /// Whether `time` lies within the certificate's validity.
    public func isValid(at time: Instant) -> Bool { notBefore <= time && time < notAfter }

    /// Checks that a chain of valid certificates leads from this one to one of `anchors` (RFC 5280 section
    /// 6).
    ///
    /// Host names and revocation are not looked at. Anchors are trusted as they stand, self-signed or not,
    /// but must be authorities and valid at `time` too. RSA keys under 2048 bits and SHA-1 signatures are
    /// refused (OpenSSL's security level 2).
    /// - Parameters:
    ///   - intermediates: certificates that may stand between; nothing in them is trusted.
    ///   - time: the moment to check for; no clock is read.
    /// - Throws: `untrustedCertificate` with OpenSSL's reason.
    public func verify(
        against anchors: [X509Certificate], intermediates: [X509Certificate] = [], at time: Instant,
        purpose: Purpose
    ) throws(CryptographyError) {
        ERR_clear_error()
        defer { ERR_clear_error() }
        let store = X509_STORE_new()
        let context = X509_STORE_CTX_new()
        let untrusted = sluis_certificates_new()
        defer {
            X509_STORE_CTX_free(context)
            sluis_certificates_free(untrusted)
            X509_STORE_free(store)
        }
        guard let store, let context, let untrusted else {
            throw CryptographyError(.libraryFailure, "no memory for verifying a certificate")
        }
        let isReady =
            anchors.allSatisfy { !$0.isAuthority || X509_STORE_add_cert(store, $0.handle.pointer) == 1 }
            && intermediates.allSatisfy { sluis_certificates_push(untrusted, $0.handle.pointer) == 1 }
            && X509_STORE_CTX_init(context, store, handle.pointer, untrusted) == 1
            && X509_STORE_CTX_set_purpose(context, purpose.number) == 1
        guard isReady, let parameters = X509_STORE_CTX_get0_param(context) else {
            throw .withLibraryReason(.libraryFailure, "verifying a certificate could not begin")
        }
        X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        X509_VERIFY_PARAM_set_time(parameters, time.wholeSeconds)
        guard X509_verify_cert(context) == 1 else {
            let reason = X509_verify_cert_error_string(Int(X509_STORE_CTX_get_error(context)))
            let text = reason.map { String(cString: $0) } ?? "no reason given"
            throw CryptographyError(.untrustedCertificate, "the certificate is not trusted: \(text)")
        }
    }
}

extension X509Certificate.Purpose {
    fileprivate var number: Int32 {
        self == .client ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER
    }
}
