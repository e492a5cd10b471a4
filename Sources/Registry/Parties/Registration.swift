public import Model

/// An organisation that asked to take part, and what it wants to prove itself with.
public struct Registration: Hashable, Sendable {
    /// What it brings, as it was sent.
    public enum Proof: Hashable, Sendable {
        /// PEM.
        case certificate(String)
        /// RFC 7517.
        case keys(JSON)
    }

    public var organisation: Slug
    public var proof: Proof
    public var madeAt: Instant

    public init(organisation: Slug, proof: Proof, madeAt: Instant) {
        self.organisation = organisation
        self.proof = proof
        self.madeAt = madeAt
    }
}
