internal import Consent
internal import HTTPTypes
internal import Model

extension Gateway {
    /// How the hub is.
    func watch(_ call: Call) throws -> Answer {
        switch call.endpoint {
        // That it answers is the answer: whoever restarts a hub that is not ready makes it worse.
        case .live: .json(["live": true])
        case .metrics: metricsText()
        default: try readiness(call)
        }
    }

    /// Whether the hub decides anything new: 200, or 503 with why not. An operator with his certificate is
    /// told the cause too, which names files of the hub; nobody else is.
    private func readiness(_ call: Call) throws -> Answer {
        do {
            try exchange.requireReady()
            return .json(["ready": true])
        } catch let fault as RetryableFault {
            var problem = Problem(fault)
            problem.members["ready"] = false
            if call.caller?.capacities.contains(.operator) == true {
                problem.members["cause"] = .string(fault.cause)
            }
            return problem.answer
        }
    }
}
