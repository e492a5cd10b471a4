import COpenSSL
public import Model

/// An X.509 version 3 certificate (RFC 5280). Certificates are equal if their encodings are.
public struct X509Certificate: Sendable {
    public let der: [UInt8]
    /// SHA-256 of `der`: the `x5t#S256` of RFC 8705.
    public let thumbprint: Thumbprint
    /// The common name of the subject, if it has exactly one.
    public let subjectCommonName: String?
    /// The subject's alternative names (RFC 5280 section 4.2.1.6), in order. Kinds that are not here are
    /// ignored.
    public let dnsNames: [String], ipAddresses: [String], uris: [String]
    /// From this second on ...
    public let notBefore: Instant
    /// ... and before this one. RFC 5280 counts the last second in, OpenSSL does not.
    public let notAfter: Instant
    /// Lower-case hexadecimal without leading zeros; at most 20 bytes where the issuer keeps to RFC 5280.
    public let serial: String
    /// Whether it may sign certificates: version 3, CA:TRUE and, where it names key usages, keyCertSign.
    public let isAuthority: Bool
    let handle: CertificateHandle

    /// Reads one certificate in DER.
    ///
    /// Another encoding of the same certificate, which would have another thumbprint, is refused.
    /// - Throws: `invalidCertificate`.
    public init(der: [UInt8]) throws(CryptographyError) {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let certificate = DER.value(of: der, { d2i_X509(nil, $0, $1) }, free: X509_free) else {
            throw .withLibraryReason(.invalidCertificate, "not a certificate in DER")
        }
        try self.init(CertificateHandle(owning: certificate), der: der)
    }

    init(_ handle: CertificateHandle, der: [UInt8]) throws(CryptographyError) {
        let certificate = handle.pointer
        guard DER.bytes({ i2d_X509(certificate, $0) }) == der, let digest = Thumbprint(SHA256.hash(der))
        else {
            throw CryptographyError(.invalidCertificate, "the certificate is not in its canonical encoding")
        }
        guard let notBefore = Instant(X509_get0_notBefore(certificate)),
            let notAfter = Instant(X509_get0_notAfter(certificate)), let serial = Self.serial(of: certificate)
        else {
            throw CryptographyError(
                .invalidCertificate, "the certificate has no readable times or serial number")
        }
        let names = try AlternativeNames(of: certificate)
        self.der = der
        self.handle = handle
        (thumbprint, self.notBefore, self.notAfter, self.serial) = (digest, notBefore, notAfter, serial)
        (dnsNames, ipAddresses, uris) = (names.dnsNames, names.ipAddresses, names.uris)
        subjectCommonName = Self.commonName(of: certificate)
        isAuthority = X509_check_ca(certificate) == 1
    }

    /// The key it certifies.
    /// - Throws: as `PublicKey.init(der:)`: certificates for RSA and other curves are read, their keys are
    ///   not.
    public func publicKey() throws(CryptographyError) -> PublicKey {
        ERR_clear_error()
        let der = DER.bytes { i2d_X509_PUBKEY(X509_get_X509_PUBKEY(handle.pointer), $0) }
        guard let der else { throw .withLibraryReason(.invalidCertificate, "the certificate holds no key") }
        return try PublicKey(der: der)
    }

    private static func serial(of certificate: OpaquePointer) -> String? {
        guard let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nil) else { return nil }
        defer { BN_free(number) }
        guard let digits = BN_bn2hex(number) else { return nil }
        defer { sluis_free(digits) }
        return String(cString: digits).lowercased()
    }

    private static func commonName(of certificate: OpaquePointer) -> String? {
        let subject = X509_get_subject_name(certificate)
        let index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        guard index >= 0, X509_NAME_get_index_by_NID(subject, NID_commonName, index) < 0 else { return nil }
        let value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index))
        var text: UnsafeMutablePointer<UInt8>?
        let length = ASN1_STRING_to_UTF8(&text, value)
        guard length >= 0, let text else { return nil }
        defer { sluis_free(text) }
        return String(validating: UnsafeBufferPointer(start: text, count: Int(length)), as: UTF8.self)
    }
}

extension X509Certificate: Hashable {
    public static func == (a: X509Certificate, b: X509Certificate) -> Bool { a.der == b.der }
    public func hash(into hasher: inout Hasher) { hasher.combine(thumbprint) }
}

extension Instant {
    /// The time an ASN.1 value tells; nil if it tells none.
    fileprivate init?(_ time: UnsafePointer<ASN1_TIME>?) {
        guard let time, let epoch = ASN1_TIME_set(nil, 0) else { return nil }
        defer { ASN1_TIME_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
        self.init(milliseconds: (Int64(days) * 86_400 + Int64(seconds)) * 1000)
    }

    /// Whole seconds since 1970, rounded down, as C's `time_t`.
    var wholeSeconds: Int { Int(milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000) }
}
