internal import Consent
internal import HTTPTypes
internal import Model
internal import OpenAPI

extension Gateway {
    /// How the hub is, and what it answers to.
    func watch(_ call: Call) throws -> Answer {
        switch call.endpoint {
        // That it answers is the answer: whoever restarts a hub that is not ready makes it worse.
        case .live: .json(["live": true])
        case .metrics: metricsText()
        case .openAPI: .text(description, type: "application/json")
        default: try readiness(call)
        }
    }

    /// The description of the routes with the addresses of this hub.
    static func description(people: String, machines: String) -> [UInt8] {
        let text = String(decoding: OpenAPIDocument.json, as: UTF8.self)
        return Array(
            text.replacing(OpenAPIDocument.people, with: people)
                .replacing(OpenAPIDocument.machines, with: machines).utf8)
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
