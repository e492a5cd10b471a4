public import Model

/// A public key with which an organisation signs who it is (RFC 7523).
public struct ClientKey: Hashable, Sendable {
    public var organisation: Slug
    /// RFC 7638.
    public var thumbprint: Thumbprint
    /// As it was registered: RFC 7517.
    public var jwk: JSON

    public init(organisation: Slug, thumbprint: Thumbprint, jwk: JSON) {
        self.organisation = organisation
        self.thumbprint = thumbprint
        self.jwk = jwk
    }
}
