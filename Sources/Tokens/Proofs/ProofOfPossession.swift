public import Model

/// A DPoP proof that `ProofVerifier` found right: whoever made this request holds the private key.
public struct ProofOfPossession: Hashable, Sendable {
    /// Of the proof's key (RFC 7638): what `cnf.jkt` of a token must be, and of a new token becomes.
    public let key: Thumbprint

    init(key: Thumbprint) { self.key = key }
}
