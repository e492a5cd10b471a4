internal import Model

/// A client of an OAuth endpoint that has proved who it is.
struct OAuthClient: Sendable {
    let id: Slug
    /// With what: the certificate of the connection (RFC 8705 section 2) or the key that signed its assertion
    /// (RFC 7523 section 2.2).
    let credential: Thumbprint
    /// The connection's certificate, if it is one of the client's.
    let certificate: Thumbprint?
}
