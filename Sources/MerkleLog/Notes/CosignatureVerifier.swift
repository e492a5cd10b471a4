import Cryptography

/// A witness's key that cosignatures are checked with (C2SP tlog-cosignature, Ed25519).
public struct CosignatureVerifier: Sendable {
    let key: VerifierKey

    /// Reads a verifier key: `<name>+<key id in hexadecimal>+base64(0x04 || <32 bytes of key>)`.
    ///
    /// - Throws: `malformedKey`, also for keys of other cosignature types (ML-DSA-44, 0x06).
    public init(vkey: String) throws(ProofError) { key = try VerifierKey(vkey, type: .cosignature) }

    public var name: String { key.name }

    /// The first four bytes of a digest of name and key: which key a signature claims to be by, no more.
    public var keyID: UInt32 { key.keyID }

    /// The verifier key as text.
    public var vkey: String { key.text }

    /// The newest cosignature by this key on `note`; nil if there is none.
    ///
    /// Signatures by other keys, and so those of other types, are not looked at.
    /// - Throws: `badSignature` if one by this key is wrong; `malformedCheckpoint` if the note is signed by
    ///   this key and its text is no checkpoint.
    public func cosignature(on note: Note) throws(ProofError) -> Cosignature? {
        let own = Set(note.signatures.filter(key.isSigner))
        guard !own.isEmpty else { return nil }
        _ = try Checkpoint(body: note.text)
        var cosignatures: [Cosignature] = []
        for signature in own {
            guard let cosignature = cosignature(signature, on: note.text) else {
                throw ProofError(.badSignature, "the cosignature by `\(name)` does not verify")
            }
            cosignatures.append(cosignature)
        }
        return cosignatures.max(by: Cosignature.isOlder)
    }

    /// Nil unless `signature` is by this key and valid for a checkpoint's `text`.
    func cosignature(_ signature: Note.Signature, on text: String) -> Cosignature? {
        guard key.isSigner(of: signature), signature.bytes.count == 8 + 64 else { return nil }
        let posixSeconds = signature.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        guard posixSeconds <= Cosignature.maximumPosixSeconds,
            key.key.isValid(
                Array(signature.bytes.dropFirst(8)), for: Cosignature.message(text, at: posixSeconds))
        else { return nil }
        return Cosignature(signature, posixSeconds: posixSeconds)
    }
}
