import Cryptography
import Model

/// A key that signatures of notes are checked with (C2SP signed-note), of type Ed25519.
public struct NoteVerifier: Sendable {
    public let name: String
    /// The first four bytes of a digest of name and key: which key a signature claims to be by, no more.
    public let keyID: UInt32
    private let key: PublicKey
    private let rawKey: [UInt8]

    /// Reads a verifier key: `<name>+<key id in hexadecimal>+base64(0x01 || <32 bytes of key>)`.
    ///
    /// - Throws: `malformedKey`.
    public init(vkey: String) throws {
        let parts = vkey.utf8.split(
            separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false
        )
        .map { String(decoding: Array($0), as: UTF8.self) }
        guard parts.count == 3, KeyName.isValid(parts[0]), parts[1].utf8.count == 8,
            let keyID = UInt32(parts[1], radix: 16), let typed = Base64.decode(parts[2])
        else {
            throw ProofError(
                .malformedKey, "a verifier key is `NAME+KEYID+BASE64`; found `\(vkey.prefix(120))`")
        }
        guard typed.count == 33, typed[0] == KeyName.ed25519 else {
            throw ProofError(.malformedKey, "the verifier key of `\(parts[0])` is not of type Ed25519")
        }
        rawKey = Array(typed.dropFirst())
        guard KeyName.keyID(name: parts[0], ed25519Key: rawKey) == keyID else {
            throw ProofError(.malformedKey, "the key id of `\(parts[0])` is not that of its key")
        }
        do { key = try PublicKey(ed25519: rawKey) } catch {
            throw ProofError(.malformedKey, "the verifier key of `\(parts[0])` is no Ed25519 key")
        }
        name = parts[0]
        self.keyID = keyID
    }

    /// The verifier key as text.
    public var vkey: String {
        "\(name)+\(Hex.encode(KeyName.bytes(of: keyID)))+\(Base64.encode([KeyName.ed25519] + rawKey))"
    }

    func isSigner(of signature: Note.Signature) -> Bool {
        signature.keyID == keyID && signature.name.hasSameBytes(as: name)
    }

    func isValid(_ signature: Note.Signature, for text: String) -> Bool {
        key.isValid(signature.bytes, for: Array(text.utf8))
    }
}
