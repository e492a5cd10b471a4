/// One operand whose values are names without an order: texts, or IRIs.
///
/// Texts that differ are different values. Two IRIs may name the same thing, so what contradicts itself only
/// because they differ is not said to.
struct NominalAxis {
    private let literals: [Literal]
    private let purposes: PurposeTree

    init(_ literals: [Literal], _ purposes: PurposeTree) {
        self.literals = literals
        self.purposes = purposes
    }

    private static let maximumIRIs = 5

    /// Whether no set of values meets all literals; false also where that cannot be told.
    var isContradiction: Bool {
        let right = literals.flatMap(\.test.right)
        guard literals.allSatisfy(Self.isPlain), !right.isEmpty, Self.isNominal(literals[0].test.operand.kind)
        else { return false }
        var (texts, iris): ([String], [String]) = ([], [])
        for value in right {
            switch value {
            case .text(let text): if !texts.contains(text) { texts.append(text) }
            case .iri(let iri): if !iris.contains(iri) { iris.append(iri) }
            default: return false
            }
        }
        let stranger = Stranger(to: right)
        if iris.isEmpty { return !isPossible(literals, texts.map { .text($0) }, other: stranger.text) }
        guard texts.isEmpty, iris.count <= Self.maximumIRIs else { return false }
        return Self.partitions(iris).allSatisfy { names in
            let renamed = literals.map { literal in
                var literal = literal
                literal.test.right = literal.test.right.map { value in
                    if case .iri(let iri) = value { .iri(names[iri] ?? iri) } else { value }
                }
                return literal
            }
            let named = Set(names.values).sorted().map { OperandValue.iri($0) }
            return !isPossible(renamed, named, other: stranger.iri)
        }
    }

    private static func isNominal(_ kind: ValueKind) -> Bool {
        switch kind {
        case .token, .identifier, .name: true
        default: false
        }
    }

    /// Whether equality of values alone decides it, and adding values never spoils it unless a literal says
    /// so itself.
    private static func isPlain(_ literal: Literal) -> Bool {
        switch literal.test.comparison {
        case .eq, .neq, .isAnyOf, .isNoneOf: literal.test.status.isEmpty
        case .isAllOf: literal.isWanted && literal.test.status.isEmpty
        default: false
        }
    }

    /// Single values, and the largest set that no literal keeps out: if any set will do, one of these does.
    private func isPossible(_ literals: [Literal], _ named: [OperandValue], other: OperandValue) -> Bool {
        let largest = Self.allowed(literals, named) + [other]
        return ((named + [other]).map { [$0] } + [largest]).contains { values in
            var facts = Facts(purposes: purposes)
            guard let operand = literals.first?.test.operand else { return true }
            facts.values[operand] = values.map { FactValue($0, unit: literals.first?.test.unit) }
            return literals.allSatisfy { $0.isMet(facts) }
        }
    }

    private static func allowed(_ literals: [Literal], _ named: [OperandValue]) -> [OperandValue] {
        let excluded = literals.filter { literal in
            literal.isWanted
                ? literal.test.comparison == .isNoneOf : literal.test.comparison == .isAnyOf
        }.flatMap(\.test.right)
        return named.filter { !excluded.contains($0) }
    }

    /// The values named that no literal keeps out, and another one of their sort; none where they are of
    /// several sorts.
    static func largest(_ literals: [Literal], _ named: [OperandValue]) -> [OperandValue] {
        let (allowed, stranger) = (allowed(literals, named), Stranger(to: named))
        switch named.first {
        case .text?: return allowed + [stranger.text]
        case .iri?: return allowed + [stranger.iri]
        default: return []
        }
    }

    /// All ways in which names may name the same things: each name with the one that stands for it.
    private static func partitions(_ names: [String]) -> [[String: String]] {
        names.reduce([[:]]) { partitions, name in
            partitions.flatMap { partition in
                (Set(partition.values).sorted() + [name]).map { representative in
                    partition.merging([name: representative]) { $1 }
                }
            }
        }
    }
}
