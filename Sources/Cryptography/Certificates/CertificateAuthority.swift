public import Model

/// A certificate authority: whoever holds it can make certificates that its hub accepts.
public struct CertificateAuthority: Sendable {
    public let certificate: X509Certificate
    public let key: PrivateKey

    /// - Throws: `invalidCertificate` if the certificate is no authority's or is not for `key`.
    public init(certificate: X509Certificate, key: PrivateKey) throws(CryptographyError) {
        guard certificate.isAuthority else {
            throw CryptographyError(.invalidCertificate, "the certificate may not sign certificates")
        }
        guard try certificate.publicKey() == key.publicKey else {
            throw CryptographyError(.invalidCertificate, "the certificate is for another key")
        }
        self.certificate = certificate
        self.key = key
    }

    /// A new self-signed authority with a P-256 key of its own: CA:TRUE without authorities below it,
    /// keyCertSign and cRLSign, a random serial number, valid from five minutes before `now`.
    /// - Throws: `invalidTemplate` for a common name of other than 1 to 64 characters or no days.
    public static func create(commonName: String, at now: Instant, validDays: Int) throws(CryptographyError)
        -> CertificateAuthority
    {
        let key = try PrivateKey.generate(.es256)
        let end = try CertificateBuilder.end(after: validDays, from: now)
        let builder = try CertificateBuilder(
            commonName: commonName, userID: nil, key: key.publicKey, from: now, until: end)
        try builder.setIssuer(nil)
        try builder.add(.basicConstraints, "critical,CA:TRUE,pathlen:0")
        try builder.add(.keyUsage, "critical,keyCertSign,cRLSign")
        return try CertificateAuthority(certificate: builder.sign(with: key), key: key)
    }

    /// Issues a certificate for whoever holds the private key of `key`; proof of that is the caller's to ask
    /// for.
    ///
    /// It is valid from five minutes before `now`, because other people's clocks are slow, for the template's
    /// days or until the authority's own end, whichever is first.
    /// - Throws: `invalidTemplate` for names that cannot stand in a certificate, for no days, or if the
    ///   authority is not valid at `now`.
    public func issue(_ template: CertificateTemplate, for key: PublicKey, at now: Instant)
        throws(CryptographyError) -> X509Certificate
    {
        guard certificate.isValid(at: now) else {
            throw CryptographyError(.invalidTemplate, "the authority is not valid at \(now)")
        }
        let names = template.alternativeNames
        try names.check()
        if template.userID == nil, names.dnsNames.isEmpty, names.ipAddresses.isEmpty {
            throw CryptographyError(.invalidTemplate, "a server needs a host name or an IP address")
        }
        let end = min(try CertificateBuilder.end(after: template.validDays, from: now), certificate.notAfter)
        let builder = try CertificateBuilder(
            commonName: template.commonName, userID: template.userID, key: key, from: now, until: end)
        try builder.setIssuer(certificate)
        try builder.add(.basicConstraints, "critical,CA:FALSE")
        try builder.add(.keyUsage, "critical,digitalSignature")
        try builder.add(.extendedKeyUsage, template.extendedKeyUsage)
        try builder.add(names)
        return try builder.sign(with: self.key)
    }
}
