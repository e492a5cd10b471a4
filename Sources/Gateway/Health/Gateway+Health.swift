internal import Consent
internal import HTTPTypes
internal import Model

extension Gateway {
    /// Whether the hub decides anything new: 200, or 503 with why not. An operator with his certificate is
    /// told the cause too, which names files of the hub; nobody else is.
    func readiness(_ call: Call) throws -> Answer {
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
