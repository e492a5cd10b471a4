import MerkleLog
import Model

/// What is said of a verification, as text or as JSON.
struct VerificationReport {
    /// A verified log, or a verified entry of one.
    enum Outcome {
        case log(LogVerdict)
        case entry(index: UInt64, under: Checkpoint)
        case failedEntry(LogFailure)
    }

    let outcome: Outcome

    var failure: LogFailure? {
        switch outcome {
        case .log(let verdict): verdict.failure
        case .entry: nil
        case .failedEntry(let failure): failure
        }
    }

    /// The last line on standard output.
    var line: String {
        switch outcome {
        case .log(let verdict): verdict.description
        case .entry(let index, let checkpoint):
            "verified entry \(index) of \(checkpoint.size) entries, root \(checkpoint.root)"
        case .failedEntry(let failure): "failed: \(failure)"
        }
    }

    /// `{"verified","entries","root"}`, with `index` for a single entry, or `failure` and both others null.
    var json: JSON {
        switch outcome {
        case .log(.verified(let size, let root, _)): Self.verified(size, root)
        case .entry(let index, let checkpoint):
            Self.verified(checkpoint.size, checkpoint.root, ["index": Self.number(index)])
        case .log(.failed(let failure)), .failedEntry(let failure):
            .object([
                "verified": false, "entries": .null, "root": .null,
                "failure": ["what": .string(failure.what), "index": Self.number(failure.index)],
            ])
        }
    }

    private static func verified(_ size: UInt64, _ root: TreeHash, _ more: [String: JSON] = [:]) -> JSON {
        var members = more
        members["verified"] = true
        members["entries"] = number(size)
        members["root"] = .string(root.base64)
        return .object(members)
    }

    /// Sizes of checkpoints are below 2^63; an index beyond that can only come from a proof that failed.
    private static func number(_ value: UInt64) -> JSON { .integer(Int64(clamping: value)) }
}
