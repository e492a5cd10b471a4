/// A part of a policy that is not understood.
///
/// It is kept, never dropped: a permission that holds one is not satisfied, and a prohibition that holds one
/// stays in force. What other engines skip, they count as true.
struct Unknown: Hashable, Sendable {
    /// The code of the reason, such as `operator_unknown`.
    var code: String
    /// JSON path inside the policy, `$` being the policy.
    var path: String
    /// What is not understood, lower case, input in backticks.
    var message: String
}
