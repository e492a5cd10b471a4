/// Why the log cannot be opened or has stopped. Always for the operator; the callers of a stopped log get a
/// `RetryableFault`.
public struct LogError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// A file operation failed; the message holds the operation, the file and the system's reason.
        case fileOperation = "file_operation"
        /// The journal holds bytes that no crash can explain.
        case journalDamaged = "journal_damaged"
        /// Journal, checkpoint and outbox do not belong together.
        case historyMismatch = "history_mismatch"
        /// An entry is larger than the 65,535 bytes of a C2SP entry bundle.
        case entryTooLarge = "entry_too_large"
        /// A side file is not one, or does not match its commitment.
        case badSideFile = "bad_side_file"
        /// Entries that are asked for are not in the published log, or their bundle is missing or damaged.
        case missingEntries = "missing_entries"
        /// Entries that are asked for were pruned.
        case prunedEntries = "pruned_entries"
        /// A log that has lost nothing needs no successor.
        case logIsWhole = "log_is_whole"
        /// No entry states the pruning that is asked for.
        case unstatedPruning = "unstated_pruning"
    }

    public let code: Code
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
