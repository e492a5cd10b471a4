import Model

/// How much of a policy is read. A policy beyond a limit is refused before anything else is looked at.
enum PolicyLimits {
    /// Objects and arrays inside each other.
    static let depth = 32
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
        if let fault = count.add(json, depth: 0) {
            let path = fault == .depth ? tooDeep(json, .root, depth: 0) ?? .root : .root
            let (what, maximum) =
                switch fault {
                case .depth: ("levels", depth)
                case .values: ("values", values)
                case .text: ("texts in bytes", textBytes)
                }
            throw .policyTooLarge(at: path.description, what, maximum: maximum)
        }
    }

    /// Where the limit on levels is passed first.
    private static func tooDeep(_ json: JSON, _ path: DocumentPath, depth: Int) -> DocumentPath? {
        guard !json.isLeaf else { return nil }
        guard depth <= Self.depth else { return path }
        for (position, element) in (json.array ?? []).enumerated() {
            if let place = tooDeep(element, path.appending(position), depth: depth + 1) { return place }
        }
        for (name, value) in (json.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            if let place = tooDeep(value, path.appending(name), depth: depth + 1) { return place }
        }
        return nil
    }

    private enum Excess { case depth, values, text }

    private struct Count {
        var values = 0
        var textBytes = 0

        mutating func add(_ json: JSON, depth: Int) -> Excess? {
            values += 1
            if values > PolicyLimits.values { return .values }
            switch json {
            case .string(let text):
                textBytes += text.utf8.count
                return textBytes > PolicyLimits.textBytes ? .text : nil
            case .array(let elements):
                if depth > PolicyLimits.depth { return .depth }
                for element in elements {
                    if let fault = add(element, depth: depth + 1) { return fault }
                }
            case .object(let members):
                if depth > PolicyLimits.depth { return .depth }
                for (name, value) in members {
                    textBytes += name.utf8.count
                    if let fault = add(value, depth: depth + 1) { return fault }
                }
            default: break
            }
            return nil
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
