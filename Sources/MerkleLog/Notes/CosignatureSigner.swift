public import Cryptography

/// The key of a witness: it cosigns checkpoints, with a time (C2SP tlog-cosignature, Ed25519).
///
/// One key is for one witness only: what it signs does not hold the witness's name.
public struct CosignatureSigner: Sendable {
    public let name: String
    public let keyID: UInt32
    private let key: PrivateKey
    private let rawPublicKey: [UInt8]

    /// - Throws: `malformedKey` unless `name` is a key name (not empty, no white space, no `+`) and `key` is
    ///   an Ed25519 key.
    public init(name: String, key: PrivateKey) throws(ProofError) {
        rawPublicKey = try KeyName.check(name, for: key)
        self.name = name
        self.key = key
        keyID = KeyName.keyID(name: name, type: .cosignature, key: rawPublicKey)
    }

    /// The verifier key, of type 0x04.
    public var vkey: String { VerifierKey.text(name: name, type: .cosignature, key: rawPublicKey) }

    /// The signature line for a note with the text of a checkpoint, newline included.
    ///
    /// Whoever calls this states that `text` is the largest consistent checkpoint of its log seen so far.
    /// - Parameters:
    ///   - text: with its final newline and all extension lines.
    ///   - posixSeconds: now, in seconds since 1970.
    /// - Throws: `malformedCheckpoint` if `text` is no checkpoint, `outOfRange` for a time beyond 2^63 - 1,
    ///   or what signing with the key throws.
    public func sign(_ text: String, at posixSeconds: UInt64) throws -> String {
        _ = try Checkpoint(body: text)
        guard posixSeconds <= Cosignature.maximumPosixSeconds else {
            throw ProofError(.outOfRange, "no cosignature can have the time \(posixSeconds)")
        }
        let signature = try key.sign(Cosignature.message(text, at: posixSeconds))
        let time = (0..<8).map { UInt8(truncatingIfNeeded: posixSeconds >> UInt64(56 - 8 * $0)) }
        return Note.Signature(name: name, keyID: keyID, bytes: time + signature).line
    }
}
