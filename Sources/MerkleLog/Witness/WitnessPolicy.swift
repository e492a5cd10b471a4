/// Which logs are known, which witnesses, and how many of them must have cosigned a checkpoint before it
/// counts (C2SP tlog-policy).
///
/// Whoever writes the policy decides what is believed: it is configuration, never something received. Its
/// reader is strict all the same, so that a damaged file is an error and not a weaker policy.
///
/// For example:
///
///     let policy = try WitnessPolicy(fileBytes)
///     let (checkpoint, verdict) = try policy.open(note: noteBytes)
public struct WitnessPolicy: Sendable {
    public struct Log: Sendable {
        /// Its name is the log's origin.
        public let key: NoteVerifier
        /// Where the log is reached, as the file has it.
        public let url: String?
    }

    public struct Witness: Sendable {
        /// What the file calls it; bytes that are not UTF-8 are replaced.
        public let name: String
        public let key: CosignatureVerifier
        /// The prefix of its submission interface (C2SP tlog-witness), as the file has it.
        public let url: String?
    }

    /// A witness or a group. Members come before the group that names them.
    enum Voter: Sendable {
        case witness(Int)
        case group(threshold: Int, members: [Int])
    }

    public let logs: [Log]
    public let witnesses: [Witness]
    let voters: [Voter]
    /// Which voter decides; nil for `none`.
    let quorum: Int?

    /// Reads a policy file.
    ///
    /// Limits: 256 KiB, and 64 each of logs, witnesses and groups. A last line without newline is refused,
    /// because it may be the beginning of another.
    /// - Throws: `malformedPolicy`; the message names the line, what was found and what is expected.
    public init(_ file: [UInt8]) throws(ProofError) {
        var reader = PolicyReader()
        try reader.read(file)
        logs = reader.logs
        witnesses = reader.witnesses
        voters = reader.voters
        quorum = try reader.requiredQuorum()
    }

    /// Who of the policy's witnesses cosigned `note`, and whether they are enough. Signatures of logs are not
    /// looked at.
    ///
    /// - Throws: `badSignature` if one cosignature by a known witness is wrong; `malformedCheckpoint`.
    public func evaluate(_ note: Note) throws(ProofError) -> QuorumVerdict {
        let found = try witnesses.map { witness throws(ProofError) in try witness.key.cosignature(on: note) }
        var holds: [Bool] = []
        for voter in voters {
            switch voter {
            case .witness(let index): holds.append(found[index] != nil)
            case .group(let threshold, let members): holds.append(members.count { holds[$0] } >= threshold)
            }
        }
        return QuorumVerdict(
            isMet: quorum.map { holds[$0] } ?? true,
            cosigned: zip(witnesses, found).compactMap { witness, cosignature in
                cosignature.map { (witness.name, $0.posixSeconds) }
            },
            lacking: counted.filter { found[$0] == nil }.map { witnesses[$0].name })
    }

    /// Reads a checkpoint that is signed by a log of the policy, as whose name it gives its origin, and
    /// cosigned by a quorum.
    ///
    /// - Throws: `malformedNote`, `badSignature`, `unknownSigner`, `malformedCheckpoint`, `wrongOrigin` or
    ///   `quorumNotMet`.
    public func open(note: [UInt8]) throws(ProofError) -> (checkpoint: Checkpoint, verdict: QuorumVerdict) {
        let read = try Note(note)
        let signers = try read.verify(logs.map(\.key))
        let checkpoint = try Checkpoint(body: read.text)
        guard signers.contains(where: { $0.name.hasSameBytes(as: checkpoint.origin) }) else {
            throw ProofError(
                .wrongOrigin, "the checkpoint is of `\(checkpoint.origin)`; no log of that name signed it")
        }
        return (checkpoint, try quorumVerdict(read))
    }

    /// The same where the log is known from elsewhere. If the policy names logs, it must be one of them.
    ///
    /// - Throws: as `open(note:)`.
    public func open(
        note: [UInt8], of log: NoteVerifier
    ) throws(ProofError) -> (checkpoint: Checkpoint, verdict: QuorumVerdict) {
        guard logs.isEmpty || logs.contains(where: { $0.key.vkey == log.vkey }) else {
            throw ProofError(.unknownSigner, "the policy does not name the log `\(log.name)`")
        }
        let checkpoint = try Checkpoint.open(note: note, of: log)
        return (checkpoint, try quorumVerdict(Note(note)))
    }

    private func quorumVerdict(_ note: Note) throws(ProofError) -> QuorumVerdict {
        let verdict = try evaluate(note)
        guard verdict.isMet else { throw ProofError(.quorumNotMet, verdict.description) }
        return verdict
    }

    /// The witnesses that the quorum counts, in the file's order.
    private var counted: [Int] {
        guard let quorum else { return [] }
        var isCounted = voters.indices.map { $0 == quorum }
        var witnesses: [Int] = []
        for index in voters.indices.reversed() where isCounted[index] {
            switch voters[index] {
            case .witness(let witness): witnesses.append(witness)
            case .group(_, let members): for member in members { isCounted[member] = true }
            }
        }
        return witnesses.sorted()
    }
}
