public import Model

/// A certificate and whom it stands for.
public struct Credential: Hashable, Sendable {
    public var thumbprint: Thumbprint
    public var principal: Principal
    /// PEM.
    public var certificate: String
    public var notAfter: Instant

    public init(thumbprint: Thumbprint, principal: Principal, certificate: String, notAfter: Instant) {
        self.thumbprint = thumbprint
        self.principal = principal
        self.certificate = certificate
        self.notAfter = notAfter
    }
}
