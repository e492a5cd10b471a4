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
    /// Rules, constraints, actions and whatever else a policy is made of, a shared one counted where it is
    /// used.
    static let nodes = 200_000

    /// - Throws: `ClientFault` naming the place where the limit is passed.
    static func check(_ json: JSON) throws(ClientFault) {
        var count = Count()
        try count.add(json, path: .root, depth: 0)
    }

    private struct Count {
        var values = 0
        var textBytes = 0

        mutating func add(_ json: JSON, path: DocumentPath, depth: Int) throws(ClientFault) {
            values += 1
            switch json {
            case .string(let text): textBytes += text.utf8.count
            case .array(let elements):
                try checkDepth(depth, path)
                for (index, element) in elements.enumerated() {
                    if element.isLeaf {
                        try addLeaf(element)
                    } else {
                        try add(element, path: path.appending(index), depth: depth + 1)
                    }
                }
            case .object(let members):
                try checkDepth(depth, path)
                for (name, value) in members {
                    textBytes += name.utf8.count
                    if value.isLeaf {
                        try addLeaf(value)
                    } else {
                        try add(value, path: path.appending(name), depth: depth + 1)
                    }
                }
            default: break
            }
            try checkTotals()
        }

        private mutating func addLeaf(_ json: JSON) throws(ClientFault) {
            values += 1
            if case .string(let text) = json { textBytes += text.utf8.count }
            try checkTotals()
        }

        private func checkDepth(_ depth: Int, _ path: DocumentPath) throws(ClientFault) {
            guard depth <= PolicyLimits.depth else {
                throw .policyTooLarge(at: path.description, "levels", maximum: PolicyLimits.depth)
            }
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

extension JSON {
    fileprivate var isLeaf: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }
}
