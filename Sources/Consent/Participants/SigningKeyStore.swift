public import Cryptography

/// Where the hub's signing key is kept. A change of keys is crash-safe: what was prepared becomes the key
/// exactly if the registry says that the one before is retired.
public protocol SigningKeyStore: Sendable {
    /// The key of now, once a change that was cut short is finished or undone.
    ///
    /// - Parameter successor: the `kid` of the key that took the place of the one with this `kid`, as the
    ///   registry says; nil for one that is not retired. No other key takes it.
    func settle(successor: (String) throws -> String?) throws -> PrivateKey
    /// Keeps a key durably beside the one of now.
    func prepare(_ key: PrivateKey) throws
    /// Puts what was prepared in the place of the key of now, which is gone then.
    func adopt() throws
}
