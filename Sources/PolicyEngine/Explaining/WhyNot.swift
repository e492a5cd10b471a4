public import Model

/// Why a request is not permitted, as the smallest set of changes that would permit it.
public struct WhyNot: Sendable {
    /// One thing to change.
    public struct Change: Hashable, Sendable {
        /// Where it is changed: by whoever asks, in the world, or by whoever wrote the policy.
        public enum Place: String, Sendable { case request, state, policy }

        public var place: Place
        /// What is changed: `purpose`, `action`, `fields`, `duty`, `prohibition`, and the like.
        public var what: String
        /// The rule that it is about, or the duty.
        public var rule: String?
        public var from: String?
        public var to: String?
        /// A sentence.
        public var text: String

        /// Something in the constraints of a rule must change, and nobody can say to what: only told where
        /// there is no other way.
        static let vague = "constraint"

        static let noPermission = Change(
            place: .policy, what: "permission",
            text: "no policy permits anything: add a permission for what is asked")

        var isVague: Bool { what == Self.vague && to == nil }

        /// `{"in","what","rule","from","to","text"}`.
        public var json: JSON {
            [
                "in": .string(place.rawValue), "what": .string(what), "rule": JSON(rule), "from": JSON(from),
                "to": JSON(to), "text": .string(text),
            ]
        }
    }

    public var outcome: Decision.Outcome
    /// Empty for a permit.
    public var changes: [Change]

    /// `{"decision","changes":[..]}`.
    public var json: JSON {
        ["decision": .string(outcome.rawValue), "changes": .array(changes.map(\.json))]
    }
}
