public import Model

/// Client certificates that no authority vouches for: a hub accepts one once its thumbprint is registered
/// there.
///
/// Whoever registers the certificate vouches for it; that it is self-signed only proves that its maker held
/// the key.
public enum SelfSignedCertificate {
    /// A certificate for a TLS client: CA:FALSE, digitalSignature, clientAuth, a random serial number, valid
    /// from five minutes before `now`, because other people's clocks are slow.
    ///
    /// - Parameters:
    ///   - commonName: 1 to 64 characters, none of them a control character. Under TLS 1.2 it travels
    ///     readably.
    ///   - userID: the `UID` (RFC 4519) of the subject; nil for none.
    ///   - key: the key it is for, and signed with.
    /// - Throws: `invalidTemplate` for a name that cannot stand in a certificate, or other than 1 to 36,500
    ///   days.
    public static func client(
        commonName: String, userID: String?, key: PrivateKey, at now: Instant, validDays: Int
    ) throws(CryptographyError) -> X509Certificate {
        let end = try CertificateBuilder.end(after: validDays, from: now)
        let builder = try CertificateBuilder(
            commonName: commonName, userID: userID, key: key.publicKey, from: now, until: end)
        try builder.setIssuer(nil)
        try builder.add(.basicConstraints, "critical,CA:FALSE")
        try builder.add(.keyUsage, "critical,digitalSignature")
        try builder.add(.extendedKeyUsage, "clientAuth")
        return try builder.sign(with: key)
    }
}
