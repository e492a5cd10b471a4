public import Model

/// What a certificate to be issued shall say.
public struct CertificateTemplate: Hashable, Sendable {
    /// Whom it stands for, which decides its extended key usage and the `UID` (RFC 4519) of its subject.
    public enum Kind: Hashable, Sendable {
        /// A TLS server under these names, of which there must be one; serverAuth.
        case server(dnsNames: [String], ipAddresses: [String])
        /// A participant; clientAuth, `UID` is its slug.
        case organisation(Slug)
        /// A natural person; clientAuth, `UID` is the identifier.
        case person(PersonID)
    }

    public var kind: Kind
    /// The subject's common name: 1 to 64 characters, none of them a control character.
    public var commonName: String
    /// From the moment of issue, at least 1; never beyond the authority's own end.
    public var validDays: Int
    /// Alternative names of the subject besides those of `kind`, such as
    /// `https://HOST/id/organisations/gent`; visible ASCII.
    public var uris: [String]

    public init(_ kind: Kind, commonName: String, validDays: Int, uris: [String] = []) {
        self.kind = kind
        self.commonName = commonName
        self.validDays = validDays
        self.uris = uris
    }

    var alternativeNames: AlternativeNames {
        if case .server(let dnsNames, let ipAddresses) = kind {
            return AlternativeNames(dnsNames: dnsNames, ipAddresses: ipAddresses, uris: uris)
        }
        return AlternativeNames(dnsNames: [], ipAddresses: [], uris: uris)
    }

    var userID: String? {
        switch kind {
        case .server: nil
        case .organisation(let slug): slug.text
        case .person(let id): id.description
        }
    }

    var extendedKeyUsage: String { userID == nil ? "serverAuth" : "clientAuth" }
}
