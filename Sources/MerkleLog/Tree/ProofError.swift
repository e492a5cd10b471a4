/// Why something that ought to prove a thing does not: the one error type of this module.
///
/// Errors are equal by code, so tests need not repeat prose.
public struct ProofError: Error, Sendable {
    public enum Code: String, Sendable {
        /// A note (C2SP signed-note) that is not one.
        case malformedNote
        /// A verifier key or key name that is not one, or of an algorithm other than Ed25519.
        case malformedKey
        /// A signature of a known key does not verify.
        case badSignature
        /// No signature is by a known key.
        case unknownSigner
        case malformedCheckpoint
        /// The checkpoint is of another log.
        case wrongOrigin
        /// A proof whose text is not one.
        case malformedProof
        /// A receipt of a read, or the evidence of a grant, that is not one.
        case malformedReceipt
        /// An index or size that no tree has, or that the proof cannot speak of.
        case outOfRange
        /// Too few or too many hashes for this index and these sizes.
        case wrongLength
        /// The hashes do not lead to the root.
        case wrongRoot
        case malformedBundle
        case malformedTile
        case missingTile
        /// An entry of more than 65,535 bytes.
        case entryTooLarge
        /// A file that is there and cannot be read, is too large or is not a regular file.
        case unreadableFile
        /// A policy (C2SP tlog-policy) that is not one.
        case malformedPolicy
        /// Too few of a policy's witnesses cosigned.
        case quorumNotMet
        /// An add-checkpoint request (C2SP tlog-witness) that is not one.
        case malformedRequest
        /// A witness's stored state that this program did not write.
        case malformedState
        /// A witness knows a larger tree of a log than its own operator does.
        case historyLost
    }

    public let code: Code
    /// For the operator: lower case, input in backticks.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ProofError: Hashable {
    public static func == (a: ProofError, b: ProofError) -> Bool { a.code == b.code }
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension ProofError: CustomStringConvertible {
    public var description: String { message }
}
