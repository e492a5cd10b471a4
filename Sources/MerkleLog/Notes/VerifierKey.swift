import Cryptography
import Model

/// A verifier key (C2SP signed-note), `<name>+<key id in hexadecimal>+base64(type || <32 bytes of key>)`, of
/// one of the two types with Ed25519 keys.
struct VerifierKey: Sendable {
    let name: String
    let keyID: UInt32
    let type: SignatureType
    let key: PublicKey

    /// - Throws: `malformedKey`, also for a key of another type.
    init(_ text: String, type: SignatureType) throws(ProofError) {
        let (name, keyID, typed) = try Self.parts(of: text)
        guard typed.count == 33, typed[0] == type.rawValue else {
            throw ProofError(
                .malformedKey,
                "the verifier key of `\(name)` is not of type Ed25519 (0x0\(type.rawValue)); "
                    + "found type 0x\(Hex.encode(typed.prefix(1))) and \(max(typed.count, 1) - 1) bytes")
        }
        let raw = Array(typed.dropFirst())
        guard KeyName.keyID(name: name, type: type, key: raw) == keyID else {
            throw ProofError(.malformedKey, "the key id of `\(name)` is not that of its key")
        }
        do { key = try PublicKey(ed25519: raw) } catch {
            throw ProofError(.malformedKey, "the verifier key of `\(name)` is no Ed25519 key")
        }
        self.name = name
        self.keyID = keyID
        self.type = type
    }

    /// The key's text form.
    var text: String { Self.text(name: name, type: type, key: key.ed25519Raw ?? []) }

    static func text(name: String, type: SignatureType, key: [UInt8]) -> String {
        let keyID = KeyName.bytes(of: KeyName.keyID(name: name, type: type, key: key))
        return "\(name)+\(Hex.encode(keyID))+\(Base64.encode([type.rawValue] + key))"
    }

    func isSigner(of signature: Note.Signature) -> Bool {
        signature.keyID == keyID && signature.name.hasSameBytes(as: name)
    }

    private static func parts(of text: String) throws(ProofError) -> (
        name: String, keyID: UInt32, typed: [UInt8]
    ) {
        let parts = text.utf8.split(
            separator: UInt8(ascii: "+"), maxSplits: 2, omittingEmptySubsequences: false
        )
        .map { String(decoding: Array($0), as: UTF8.self) }
        guard parts.count == 3, KeyName.isValid(parts[0]), let keyID = UInt32(parts[1], radix: 16),
            // Only as it is written: else two texts would be the same key.
            Hex.encode(KeyName.bytes(of: keyID)) == parts[1], let typed = Base64.decode(parts[2])
        else {
            throw ProofError(
                .malformedKey, "a verifier key is `NAME+KEYID+BASE64`; found `\(text.prefix(120))`")
        }
        return (parts[0], keyID, typed)
    }
}
