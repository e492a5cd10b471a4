import Model

/// A log that a witness watches: its origin, and the keys that its checkpoints may be signed with.
public struct WitnessedLog: Sendable {
    /// The first line of its checkpoints, by which the witness knows it.
    public let origin: String
    public let keys: [NoteVerifier]

    /// A log whose checkpoints have its key's name as origin.
    ///
    /// - Throws: `malformedKey`.
    public init(vkey: String) throws(ProofError) {
        let key = try NoteVerifier(vkey: vkey)
        try self.init(origin: key.name, keys: [key])
    }

    /// A log whose origin is not the name of its keys, or that has several keys, as while one replaces
    /// another.
    ///
    /// - Throws: `malformedKey` without a key, `malformedCheckpoint` for a text that is no origin.
    public init(origin: String, keys: [NoteVerifier]) throws(ProofError) {
        guard !keys.isEmpty else { throw ProofError(.malformedKey, "a witnessed log needs a key") }
        guard Self.isOrigin(origin) else {
            throw ProofError(
                .malformedCheckpoint, "`\(PlainText.of(origin.utf8))` cannot be the origin of a log")
        }
        self.origin = origin
        self.keys = keys
    }

    /// One line that notes and the witness's state can hold.
    static func isOrigin(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 } && text.isStreamSafe
    }
}
