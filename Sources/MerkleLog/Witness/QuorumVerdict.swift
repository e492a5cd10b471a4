/// Whether enough witnesses of a policy cosigned a checkpoint, and which.
public struct QuorumVerdict: Sendable, CustomStringConvertible {
    /// Whether the policy's quorum is met; always for a policy with `quorum none`.
    public let isMet: Bool
    /// The policy's witnesses that cosigned, also those that the quorum does not count: the name in the
    /// policy and when, by the witness's clock, in seconds since 1970.
    public let cosigned: [(witness: String, posixSeconds: UInt64)]
    /// The names of the witnesses that the quorum counts and that did not cosign; not all need to.
    public let lacking: [String]

    /// One line for the operator.
    public var description: String {
        let list = { (names: [String]) in
            names.isEmpty ? "nobody" : names.map { "`\(PlainText.of($0.utf8))`" }.joined(separator: ", ")
        }
        let outcome = isMet ? "the quorum is met" : "the quorum is not met"
        return "\(outcome): cosigned by \(list(cosigned.map(\.witness))); lacking \(list(lacking))"
    }
}
