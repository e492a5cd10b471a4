import Model

/// Turns a condition into the steps of a program for one version's fields, the last step first.
struct ConditionCompiler {
    private let fields: [Field]
    private let positions: [String: Int]
    private(set) var steps: [ConditionProgram.Step] = []
    private(set) var constants: [ConditionProgram.Constant] = []
    private(set) var pool: [UInt8] = []

    init(_ fields: [Field]) {
        self.fields = fields
        positions = Dictionary(
            fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Appends the steps of a node.
    ///
    /// - Parameters:
    ///   - ifTrue: where to go on if it is true (if false, when negated).
    ///   - otherwise: where to go on if not.
    /// - Returns: where it begins.
    mutating func emit(
        _ node: Condition.Node, isNegated: Bool, ifTrue: Int, otherwise: Int
    ) throws(ClientFault) -> Int {
        switch node {
        case .not(let inner):
            return try emit(inner, isNegated: !isNegated, ifTrue: ifTrue, otherwise: otherwise)
        case .all(let nodes):
            return try emit(nodes, needsAll: !isNegated, isNegated, ifTrue: ifTrue, otherwise: otherwise)
        case .any(let nodes):
            return try emit(nodes, needsAll: isNegated, isNegated, ifTrue: ifTrue, otherwise: otherwise)
        case .test(let test):
            var step = try step(test)
            if isNegated { step.passing ^= 7 }
            (step.ifTrue, step.otherwise) = (ifTrue, otherwise)
            steps.append(step)
            return steps.count - 1
        }
    }

    private mutating func emit(
        _ nodes: [Condition.Node], needsAll: Bool, _ isNegated: Bool, ifTrue: Int, otherwise: Int
    ) throws(ClientFault) -> Int {
        var next = needsAll ? ifTrue : otherwise
        for node in nodes.reversed() {
            next = try emit(
                node, isNegated: isNegated, ifTrue: needsAll ? next : ifTrue,
                otherwise: needsAll ? otherwise : next)
        }
        return next
    }

    // MARK: Tests

    private mutating func step(_ test: Condition.Test) throws(ClientFault) -> ConditionProgram.Step {
        guard let position = positions[test.field] else {
            throw ClientFault(
                .badInput, "field_unknown", "`\(test.field)` in `where` is not a field of the dataset",
                field: "where", found: test.field, expected: "a field of the dataset")
        }
        let field = fields[position]
        func step(_ kind: ConditionProgram.Kind, _ passing: UInt8, _ constants: Range<Int>)
            -> ConditionProgram.Step
        {
            ConditionProgram.Step(
                kind: kind, passing: passing, field: position, constants: constants, ifTrue: 0, otherwise: 0)
        }
        switch test.question {
        case .isNull(let isNull): return step(.isNull, isNull ? 2 : 5, 0..<0)
        case .compare(let comparison, let literal):
            guard field.type != .boolean || [.equal, .notEqual].contains(comparison) else {
                throw ConditionValue.fault(
                    "has no order", field, test.position, found: comparison.rawValue,
                    expected: "`=`, `!=` or `in`")
            }
            let value = add(try ConditionValue(literal, field))
            return step(field.type.conditionKind, comparison.passing, value)
        case .isIn(let literals):
            return step(field.type.conditionKind, ValueOrder.equal.rawValue, try list(literals, field))
        }
    }

    /// Ascending, for searching by halving. A list of one is a comparison.
    private mutating func list(
        _ literals: [Condition.Literal], _ field: Field
    ) throws(ClientFault) -> Range<Int> {
        var sorted: [ConditionValue] = []
        for literal in literals {
            let value = try ConditionValue(literal, field)
            var range = 0..<sorted.count
            var isNew = true
            while isNew, !range.isEmpty {
                let middle = (range.lowerBound + range.upperBound) / 2
                switch value.order(to: sorted[middle]) {
                case .equal: isNew = false
                case .less: range = range.lowerBound..<middle
                case .greater: range = middle + 1..<range.upperBound
                }
            }
            if isNew { sorted.insert(value, at: range.lowerBound) }
        }
        let start = constants.count
        for value in sorted { _ = add(value) }
        return start..<constants.count
    }

    private mutating func add(_ value: ConditionValue) -> Range<Int> {
        var constant = value.constant
        constant.bytes = pool.count..<pool.count + value.bytes.count
        pool += value.bytes
        constants.append(constant)
        return constants.count - 1..<constants.count
    }
}
