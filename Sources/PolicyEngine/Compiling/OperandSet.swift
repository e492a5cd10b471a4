/// The operands that a rule or a policy asks about.
struct OperandSet: Sendable {
    /// One bit for each operand of the vocabularies.
    private var known: UInt128 = 0
    private(set) var properties: Set<LeftOperand> = []

    private static let places = Dictionary(
        uniqueKeysWithValues: KnownOperand.allCases.enumerated().map { ($0.element, $0.offset) })

    init(_ conditions: [CompiledCondition] = []) {
        for condition in conditions { insert(condition) }
    }

    mutating func insert(_ operand: LeftOperand) {
        switch operand {
        case .known(let operand): known |= 1 << UInt128(Self.places[operand] ?? 127)
        case .property: properties.insert(operand)
        }
    }

    mutating func insert(_ condition: CompiledCondition) {
        switch condition {
        case .constraint(let constraint): if let test = constraint.test { insert(test.operand) }
        case .logical(_, let operands, _, _): for operand in operands { insert(operand) }
        }
    }

    mutating func formUnion(_ other: OperandSet) {
        known |= other.known
        if !other.properties.isEmpty { properties.formUnion(other.properties) }
    }

    func contains(_ operand: LeftOperand) -> Bool {
        switch operand {
        case .known(let operand): known >> UInt128(Self.places[operand] ?? 127) & 1 == 1
        case .property: properties.contains(operand)
        }
    }
}
