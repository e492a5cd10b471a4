/// What a signature of a note is over: the byte in key ids and verifier keys (C2SP signed-note).
enum SignatureType: UInt8 {
    /// Ed25519 over the note's text.
    case ed25519 = 0x01
    /// Ed25519 over a time and the note's text (C2SP tlog-cosignature).
    case cosignature = 0x04
}
