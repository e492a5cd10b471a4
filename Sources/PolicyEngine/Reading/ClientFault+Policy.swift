import Model

extension ClientFault {
    /// A policy whose shape is not that of ODRL's JSON-LD.
    static func malformedPolicy(at path: String, found: String, expected: String) -> ClientFault {
        ClientFault(
            .badInput, "policy_malformed", "the policy is malformed at `\(path)`", field: path, found: found,
            expected: expected)
    }

    /// A policy beyond the limits of `PolicyLimits`.
    static func policyTooLarge(at path: String, _ what: String, maximum: Int) -> ClientFault {
        ClientFault(
            .tooLarge, "policy_too_large", "the policy has too many or too large \(what)", field: path,
            expected: "at most \(maximum)", remedy: "split it into several policies")
    }
}
