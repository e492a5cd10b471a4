import Cryptography

/// A key that signatures of notes are checked with (C2SP signed-note), of type Ed25519.
public struct NoteVerifier: Sendable {
    let key: VerifierKey

    /// Reads a verifier key: `<name>+<key id in hexadecimal>+base64(0x01 || <32 bytes of key>)`.
    ///
    /// - Throws: `malformedKey`.
    public init(vkey: String) throws(ProofError) { key = try VerifierKey(vkey, type: .ed25519) }

    public var name: String { key.name }

    /// The first four bytes of a digest of name and key: which key a signature claims to be by, no more.
    public var keyID: UInt32 { key.keyID }

    /// The verifier key as text.
    public var vkey: String { key.text }

    func isSigner(of signature: Note.Signature) -> Bool { key.isSigner(of: signature) }

    func isValid(_ signature: Note.Signature, for text: String) -> Bool {
        key.key.isValid(signature.bytes, for: Array(text.utf8))
    }
}
