/// What is wrong with a log: the first thing a verifier found.
public struct LogFailure: Error, Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        /// A file is missing, of the wrong size or content, unreadable, or not one that a log has. Its path.
        case file(String)
        /// One of two files is wrong, and nothing tells which: both lie beyond the checkpoint.
        case eitherFile(String, String)
        /// An entry is not what the tree has or what an entry must be. The path of its bundle.
        case entry(in: String)
        /// The checkpoint's or an earlier checkpoint's signature.
        case signature
        /// The checkpoint is no checkpoint of this log, or not a later one of the same log.
        case checkpoint
        /// All files agree with each other, but not with the root that was signed.
        case root
    }

    public let subject: Subject
    /// The entry concerned, or the first of them; for a checkpoint its size, and 0 where no entry is meant.
    public let index: UInt64
    /// Lower case, without the place.
    public let reason: String

    /// Whether a file could not be read, which says nothing of what is in it.
    public var isReadFailure: Bool { reason.hasPrefix(Self.unreadable) }

    static let unreadable = "cannot be read: "

    public init(_ subject: Subject, at index: UInt64, _ reason: String) {
        self.subject = subject
        self.index = index
        self.reason = reason
    }

    /// One line of text that names the subject and says what is wrong with it.
    ///
    /// Paths and reasons may come from whoever wrote the log: nothing in them can end the line or steer a
    /// terminal.
    public var what: String { phrase.oneLine }

    private var phrase: String {
        switch subject {
        case .file(let path): "file \(path) (\(reason))"
        case .eitherFile(let one, let other): "file \(one) or \(other) (\(reason))"
        case .entry(in: let path): "entry in \(path) (\(reason))"
        case .signature: "signature (\(reason))"
        case .checkpoint: "checkpoint (\(reason))"
        case .root: "root (\(reason))"
        }
    }
}

extension LogFailure: CustomStringConvertible {
    /// `WHAT at INDEX`, the last line of a tool after `failed: `.
    public var description: String { "\(what) at \(index)" }
}

extension String {
    /// The text with everything escaped that could break a line or a terminal, and cut where nobody reads on.
    fileprivate var oneLine: String {
        var text = ""
        for scalar in unicodeScalars.prefix(2000) {
            let isPlain =
                scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
                && scalar.properties.generalCategory != .format
                && scalar.properties.generalCategory != .lineSeparator
                && scalar.properties.generalCategory != .paragraphSeparator
            text += isPlain ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
        }
        return text
    }
}
