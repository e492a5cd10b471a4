import Cryptography
import Model

extension GrantEvidence {
    /// Checks every proof, every entry and every opening.
    ///
    /// - Parameters:
    ///   - log: the key that is believed.
    ///   - file: what a failure calls the evidence.
    /// - Returns: the largest checkpoint under which an entry is proven.
    /// - Throws: a failure that names the member, and the index of the entry concerned.
    public func verify(under log: NoteVerifier, named file: String) throws(LogFailure) -> Checkpoint {
        guard self.log.vkey == log.vkey else {
            throw LogFailure(.file(file), at: 0, "member `log` is another key than the one given")
        }
        var check = EvidenceCheck(grant: grant.description, log: log)
        for (position, entry) in entries.enumerated() {
            do throws(EvidenceCheck.Objection) {
                try check.take(entry)
            } catch {
                throw LogFailure(
                    .file(file), at: entry.index,
                    "member `entries[\(position)].\(error.member)` \(error.reason)")
            }
        }
        guard let newest = check.newest else {
            throw LogFailure(.file(file), at: 0, "member `entries` is empty")
        }
        return newest
    }
}

/// What the entries of some evidence, taken one after the other, must be.
private struct EvidenceCheck {
    struct Objection: Error {
        let member: String
        let reason: String
    }

    let grant: String
    let log: NoteVerifier
    private(set) var newest: Checkpoint?
    private var roots: [UInt64: TreeHash] = [:]
    private var lastIndex: UInt64?
    private var rules = EntryRules()

    init(grant: String, log: NoteVerifier) {
        self.grant = grant
        self.log = log
    }

    mutating func take(_ entry: GrantEvidence.Entry) throws(Objection) {
        if let lastIndex, entry.index <= lastIndex {
            throw Objection(member: "index", reason: "does not follow \(lastIndex)")
        }
        lastIndex = entry.index
        guard entry.proof.index == entry.index else {
            throw Objection(member: "proof", reason: "is of entry \(entry.proof.index)")
        }
        try prove(entry)
        if let violation = rules.violation(in: entry.bytes) {
            throw Objection(member: "entry", reason: "is none of Sluis: \(violation)")
        }
        guard let json = try? JSON.parse(entry.bytes), json["grant"]?.string == grant else {
            throw Objection(member: "entry", reason: "does not name the grant")
        }
        for (position, opening) in entry.openings.enumerated() {
            try open(opening, in: json, at: "openings[\(position)]")
        }
    }

    private mutating func prove(_ entry: GrantEvidence.Entry) throws(Objection) {
        let checkpoint: Checkpoint
        do { checkpoint = try entry.proof.verify(entry: entry.bytes, log: log) } catch {
            throw Objection(member: "proof", reason: "proves nothing: \(error.message)")
        }
        // A log that signs two roots for one size shows different people different entries.
        if let root = roots.updateValue(checkpoint.root, forKey: checkpoint.size), root != checkpoint.root {
            throw Objection(
                member: "proof", reason: "has another root for \(checkpoint.size) entries than one before")
        }
        if checkpoint.size >= newest?.size ?? 0 { newest = checkpoint }
    }

    private func open(_ opening: GrantEvidence.Opening, in entry: JSON, at path: String) throws(Objection) {
        guard let nonce = entry["nonce"]?.string.flatMap({ Base64.decodeURL($0) }), nonce.count == 16 else {
            throw Objection(member: "entry", reason: "has no nonce of 16 bytes")
        }
        let names = opening.member.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let value = names.reduce(Optional(entry)) { $0?[$1] }
        guard let commitment = value?.string.flatMap({ Base64.decodeURL($0) }) else {
            throw Objection(member: path + ".member", reason: "is no commitment of the entry")
        }
        guard commitment == SHA256.hash(opening.salt + nonce + Array(opening.id.utf8)) else {
            throw Objection(member: path, reason: "does not open the commitment")
        }
    }
}
