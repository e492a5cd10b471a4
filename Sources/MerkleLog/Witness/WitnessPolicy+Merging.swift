extension WitnessPolicy {
    /// `note` with these cosignatures: the other signatures first, as they stand, then the newest valid
    /// cosignature of each witness of the policy, sorted by key name and key id.
    ///
    /// So the result is the same in whatever order and how often answers arrive. A cosignature that is not
    /// of this text or not by a witness of the policy is left out.
    /// - Throws: `malformedNote` if the note would have more signatures than a note may.
    public func note(_ note: Note, adding cosignatures: [Cosignature]) throws(ProofError) -> Note {
        var others: [Note.Signature] = []
        for signature in note.signatures where !others.contains(signature) {
            let isCosigner = witnesses.contains { $0.key.key.isSigner(of: signature) }
            if !isCosigner { others.append(signature) }
        }
        let offered = Set(note.signatures + cosignatures.map(\.signature))
        let own = witnesses.compactMap { witness in
            offered.compactMap { witness.key.cosignature($0, on: note.text) }
                .max(by: Cosignature.isOlder)?.signature
        }
        .sorted { $0.sortKey.lexicographicallyPrecedes($1.sortKey) }
        return try Note(Array(Note.contents(text: note.text, signatures: others + own).utf8))
    }
}

extension Note.Signature {
    /// No name holds a zero byte, so this orders by name and then by key id.
    fileprivate var sortKey: [UInt8] { Array(name.utf8) + [0] + KeyName.bytes(of: keyID) }
}
