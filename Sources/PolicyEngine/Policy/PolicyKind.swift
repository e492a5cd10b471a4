/// The types of policy that the hub reads.
public enum PolicyKind: String, CaseIterable, Sendable {
    /// Rules that hold by themselves, as guardrails do.
    case set = "Set"
    /// Terms under which the assigner takes requests; it grants nothing.
    case offer = "Offer"
    /// What an assigner agreed with an assignee.
    case agreement = "Agreement"
}
