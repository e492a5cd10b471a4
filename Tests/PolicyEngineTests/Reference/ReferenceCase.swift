import Model
import PolicyEngine

/// A document of policies, a request and a state of the world.
struct ReferenceCase: CustomStringConvertible {
    var policies: JSON
    var request: JSON
    var state: JSON
    var options: EvaluationOptions

    var description: String {
        """
        policies \(policies.canonicalText)
        request \(request.canonicalText)
        state \(state.canonicalText)
        \(options)
        """
    }
}
