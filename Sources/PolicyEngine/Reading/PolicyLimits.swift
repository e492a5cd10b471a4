import Model

/// How much of a policy is read. A policy beyond a limit is refused before anything else is looked at.
enum PolicyLimits {
    /// Objects and arrays inside each other.
    static let depth = 16
    /// JSON values of any kind.
    static let values = 400_000
    /// Bytes of all strings and member names.
    static let textBytes = 8 << 20
    /// Permissions, prohibitions and obligations.
    static let rules = 10_000

    /// - Throws: `ClientFault` naming the place where the limit is passed.
    static func check(_ json: JSON) throws(ClientFault) {
        var count = Count()
        try count.add(json, path: "$", depth: 0)
    }

    private struct Count {
        var values = 0
        var textBytes = 0

        mutating func add(_ json: JSON, path: @autoclosure () -> String, depth: Int) throws(ClientFault) {
            values += 1
            guard depth <= PolicyLimits.depth else {
                throw .policyTooLarge(at: path(), "levels", maximum: PolicyLimits.depth)
            }
            switch json {
            case .string(let text): textBytes += text.utf8.count
            case .array(let elements):
                for (index, element) in elements.enumerated() {
                    try add(element, path: "\(path())[\(index)]", depth: depth + 1)
                }
            case .object(let members):
                for (name, value) in members {
                    textBytes += name.utf8.count
                    try add(value, path: memberPath(path(), name), depth: depth + 1)
                }
            default: break
            }
            try checkTotals()
        }

        func checkTotals() throws(ClientFault) {
            guard values <= PolicyLimits.values else {
                throw .policyTooLarge(at: "$", "values", maximum: PolicyLimits.values)
            }
            guard textBytes <= PolicyLimits.textBytes else {
                throw .policyTooLarge(at: "$", "texts in bytes", maximum: PolicyLimits.textBytes)
            }
        }
    }
}
