import MerkleLog
import Model

/// What is said of a verification, as text or as JSON.
struct VerificationReport {
    /// What was verified, or why it was not.
    enum Outcome {
        case log(LogVerifier.Outcome)
        case entry(index: UInt64, under: Checkpoint)
        case receipt(ReadReceipt, in: LogVerifier.Outcome, under: Checkpoint)
        case evidence(GrantEvidence, under: Checkpoint)
        case failedEntry(LogFailure)
    }

    let outcome: Outcome
    /// Whether JSON says that entries were read, too, and not only that they were not.
    var saysWhatWasRead = false

    var failure: LogFailure? {
        switch outcome {
        case .log(let log): log.verdict.failure
        case .entry, .receipt, .evidence: nil
        case .failedEntry(let failure): failure
        }
    }

    /// All lines on standard output: what was not read, if the rest is believed under an earlier checkpoint,
    /// what was pruned, who vouches for the log, and the last line.
    var text: String {
        var lines: [String] = []
        if firstEntryRead > 0 {
            lines.append(
                "entries below \(firstEntryRead) were not read: they are believed under the checkpoint given,"
                    + " to whose root the tiles lead")
        }
        if let log, log.minimumIndex > 0 {
            let statement =
                log.prunedBy.map { "as entry \($0) states" } ?? "and no entry was read that could state it"
            lines.append("entries below \(log.minimumIndex) were pruned, \(statement)")
        }
        if let log, log.verdict.isVerified, !log.entriesRead {
            lines.append("entries were not read: only a supervisor may")
        }
        if let witnessed { lines.append("witnessed up to \(witnessed.size) entries: \(witnessed.quorum)") }
        return (lines + [line]).joined(separator: "\n")
    }

    /// The verification of a whole log that is reported on, or that a receipt was held against.
    private var log: LogVerifier.Outcome? {
        switch outcome {
        case .log(let log), .receipt(_, in: let log, under: _): log
        case .entry, .evidence, .failedEntry: nil
        }
    }

    private var witnessed: LogVerifier.Witnessed? { log?.witnessed }

    /// The last line.
    var line: String {
        switch outcome {
        case .log(let log): log.verdict.description
        case .entry(let index, let checkpoint):
            "verified entry \(index) of \(checkpoint.size) entries, root \(checkpoint.root)"
        case .receipt(let receipt, _, let checkpoint):
            "verified receipt: decision \(receipt.decision) and completion \(receipt.completion) "
                + "of \(checkpoint.size) entries, root \(checkpoint.root)"
        case .evidence(let evidence, let checkpoint):
            "verified receipt: grant \(evidence.grant), \(evidence.entries.count) entries and "
                + "\(openings(of: evidence)) openings, of \(checkpoint.size) entries, root \(checkpoint.root)"
        case .failedEntry(let failure): "failed: \(failure)"
        }
    }

    /// `{"verified","entries","root"}`, or `failure` and both others null. With it `read_from`, the first
    /// entry that was read, if there are entries believed under an earlier checkpoint; `pruned_below` and
    /// `pruned_by`, the entry that states it, of a pruned log; `entries_read`, false, if only tiles were
    /// read, and true where that is not plain; `index` for a single entry; `decision` and `completion` for a
    /// reader's receipt; `grant`, `indexes` and `openings` for the evidence of a grant; `witnessed` with a
    /// policy.
    var json: JSON {
        switch outcome {
        case .log(let log):
            switch log.verdict {
            case .verified(let size, let root, _): verified(size, root)
            case .failed(let failure): Self.failed(failure)
            }
        case .entry(let index, let checkpoint):
            verified(checkpoint.size, checkpoint.root, ["index": Self.number(index)])
        case .receipt(let receipt, _, let checkpoint):
            verified(
                checkpoint.size, checkpoint.root,
                [
                    "decision": Self.number(receipt.decision),
                    "completion": Self.number(receipt.completion),
                ])
        case .evidence(let evidence, let checkpoint):
            verified(
                checkpoint.size, checkpoint.root,
                [
                    "grant": .string(evidence.grant.description),
                    "indexes": .array(evidence.entries.map { Self.number($0.index) }),
                    "openings": .integer(Int64(openings(of: evidence))),
                ])
        case .failedEntry(let failure): Self.failed(failure)
        }
    }

    private var firstEntryRead: UInt64 { log?.firstEntryRead ?? 0 }

    private func openings(of evidence: GrantEvidence) -> Int {
        evidence.entries.reduce(0) { $0 + $1.openings.count }
    }

    private func verified(_ size: UInt64, _ root: TreeHash, _ more: [String: JSON] = [:]) -> JSON {
        var members = more
        members["verified"] = true
        members["entries"] = Self.number(size)
        members["root"] = .string(root.base64)
        if firstEntryRead > 0 { members["read_from"] = Self.number(firstEntryRead) }
        if let log, log.minimumIndex > 0 {
            members["pruned_below"] = Self.number(log.minimumIndex)
            members["pruned_by"] = log.prunedBy.map(Self.number) ?? .null
        }
        if let log, saysWhatWasRead || !log.entriesRead { members["entries_read"] = .bool(log.entriesRead) }
        if let witnessed {
            members["witnessed"] = [
                "entries": Self.number(witnessed.size),
                "by": JSON(witnessed.quorum.cosigned.map(\.witness)),
                "lacking": JSON(witnessed.quorum.lacking),
            ]
        }
        return .object(members)
    }

    private static func failed(_ failure: LogFailure) -> JSON {
        .object([
            "verified": false, "entries": .null, "root": .null,
            "failure": ["what": .string(failure.what), "index": number(failure.index)],
        ])
    }

    /// Sizes of checkpoints are below 2^63; an index beyond that can only come from a proof that failed.
    private static func number(_ value: UInt64) -> JSON { .integer(Int64(clamping: value)) }
}
