/// What a verifier says of a log.
public enum LogVerdict: Sendable {
    /// Every file agrees with every other and with the checkpoint, which the log's key signed.
    case verified(size: UInt64, root: TreeHash, checkpoint: Checkpoint)
    case failed(LogFailure)

    public var isVerified: Bool { if case .verified = self { true } else { false } }

    public var failure: LogFailure? { if case .failed(let failure) = self { failure } else { nil } }
}

extension LogVerdict: CustomStringConvertible {
    /// The last line that tools print: `verified N entries, root R` or `failed: WHAT at INDEX`.
    public var description: String {
        switch self {
        case .verified(let size, let root, _): "verified \(size) entries, root \(root)"
        case .failed(let failure): "failed: \(failure)"
        }
    }
}
