public import Model

/// What was found between policies, or inside one.
public struct ConflictReport: Sendable {
    public enum Verdict: String, Sendable {
        case conflict = "Conflict"
        case compatible = "Compatible"
        /// It cannot be decided by what the engine knows.
        case unknown = "Unknown"
    }

    /// A request and a state of the world that show the verdict when they are evaluated.
    public struct Witness: Sendable {
        public var request: JSON
        public var state: JSON
    }

    /// A rule of one policy that does nothing.
    public struct Finding: Hashable, Sendable {
        public enum Kind: String, Sendable {
            /// No request can ever satisfy it.
            case neverTrue = "never_true"
            /// Another rule of its kind covers all it covers.
            case redundant
            /// A prohibition forbids all that it permits.
            case shadowed
        }

        public var policy: String
        public var rule: String
        public var kind: Kind
        /// The rule because of which it does nothing.
        public var by: String?
    }

    public var verdict: Verdict
    public var witness: Witness?
    /// Why the verdict is unknown; else empty.
    public var reasons: [String]
    public var findings: [Finding]
    /// Whether every pair of rules was looked at.
    public var isComplete: Bool

    /// `{"verdict","witness":{"request","state"}|null,"reasons","findings":[..],"findings_complete"}`, each
    /// finding being `{"policy","rule","finding","by"}`.
    public var json: JSON {
        .object([
            "verdict": .string(verdict.rawValue),
            "witness": witness.map { ["request": $0.request, "state": $0.state] } ?? .null,
            "reasons": JSON(Array(reasons.prefix(16))),
            "findings": .array(
                findings.map {
                    [
                        "policy": .string($0.policy), "rule": .string($0.rule),
                        "finding": .string($0.kind.rawValue), "by": JSON($0.by),
                    ]
                }),
            "findings_complete": .bool(isComplete),
        ])
    }
}
