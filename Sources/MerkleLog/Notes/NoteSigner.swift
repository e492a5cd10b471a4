public import Cryptography

/// A key that signs notes (C2SP signed-note) with Ed25519.
public struct NoteSigner: Sendable {
    public let name: String
    public let keyID: UInt32
    private let key: PrivateKey
    private let rawPublicKey: [UInt8]

    /// - Throws: `malformedKey` unless `name` is a key name (not empty, no white space, no `+`) and `key` is
    ///   an Ed25519 key.
    public init(name: String, key: PrivateKey) throws {
        rawPublicKey = try KeyName.check(name, for: key)
        self.name = name
        self.key = key
        keyID = KeyName.keyID(name: name, type: .ed25519, key: rawPublicKey)
    }

    /// The verifier key: what others need to check signatures by this one.
    public var vkey: String { VerifierKey.text(name: name, type: .ed25519, key: rawPublicKey) }

    /// The signature line for a note with this text, newline included.
    ///
    /// - Parameter body: the text with its final newline.
    /// - Throws: what signing with the key throws.
    public func sign(_ body: String) throws -> String {
        let signature = try key.sign(Array(body.utf8))
        return Note.Signature(name: name, keyID: keyID, bytes: signature).line
    }
}
