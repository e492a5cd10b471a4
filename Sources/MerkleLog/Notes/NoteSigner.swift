public import Cryptography
import Model

/// A key that signs notes (C2SP signed-note) with Ed25519.
public struct NoteSigner: Sendable {
    public let name: String
    public let keyID: UInt32
    private let key: PrivateKey
    private let rawPublicKey: [UInt8]

    /// - Throws: `malformedKey` unless `name` is a key name (not empty, no white space, no `+`) and `key` is
    ///   an Ed25519 key.
    public init(name: String, key: PrivateKey) throws {
        guard KeyName.isValid(name) else {
            throw ProofError(
                .malformedKey, "`\(name)` cannot name a key: white space and `+` are not allowed")
        }
        guard let raw = key.publicKey.ed25519Raw else {
            throw ProofError(.malformedKey, "notes are signed with Ed25519; the key is of another kind")
        }
        self.name = name
        self.key = key
        rawPublicKey = raw
        keyID = KeyName.keyID(name: name, ed25519Key: raw)
    }

    /// The verifier key: what others need to check signatures by this one.
    public var vkey: String {
        "\(name)+\(Hex.encode(KeyName.bytes(of: keyID)))+\(Base64.encode([KeyName.ed25519] + rawPublicKey))"
    }

    /// The signature line for a note with this text, newline included.
    ///
    /// - Parameter body: the text with its final newline.
    /// - Throws: what signing with the key throws.
    public func sign(_ body: String) throws -> String {
        let signature = try key.sign(Array(body.utf8))
        return "\(Note.marker)\(name) \(Base64.encode(KeyName.bytes(of: keyID) + signature))\n"
    }
}
