/// What a witness said of a checkpoint: that at this time it was the largest consistent tree of that log that
/// the witness had seen (C2SP tlog-cosignature).
///
/// Only `CosignatureVerifier` makes one, so its signature has been verified.
public struct Cosignature: Hashable, Sendable {
    let signature: Note.Signature
    /// When the witness signed, by its own clock, in seconds since 1970. It may lie in the future.
    public let posixSeconds: UInt64

    init(_ signature: Note.Signature, posixSeconds: UInt64) {
        self.signature = signature
        self.posixSeconds = posixSeconds
    }

    /// The name of the witness's key.
    public var name: String { signature.name }

    /// The line of the note, newline included.
    public var line: String { signature.line }

    /// Of two with one time the choice must not depend on the order in which they came.
    static func isOlder(_ a: Cosignature, than b: Cosignature) -> Bool {
        (a.posixSeconds, a.line) < (b.posixSeconds, b.line)
    }

    /// The largest time that may be written (C2SP tlog-cosignature).
    public static let maximumPosixSeconds: UInt64 = 1 << 63 - 1

    /// What the Ed25519 signature of type 0x04 is over.
    static func message(_ text: String, at posixSeconds: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(posixSeconds)\n\(text)".utf8)
    }
}
