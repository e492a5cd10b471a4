import Model

/// A constraint, compiled: nothing in it is left to parse.
enum Test: Sendable {
    /// Which purposes hold, by their number in the tree.
    case purpose(accepted: [Bool])
    /// Holds from `start` and before `end`, or, if inverted, outside of that.
    case dateTime(start: Int64, end: Int64, isInverted: Bool)
    case recipient(Set<String>, isInverted: Bool)
    case legalBasis(Set<LegalBasis>, isInverted: Bool)
    /// A request asks a set of fields. A permission must cover all of them; a prohibition is met by one.
    case fields(Set<String>, needsAll: Bool)
    case unknown([Unknown])

    /// What keeps the test from being one.
    var unknowns: [Unknown] { if case .unknown(let unknowns) = self { unknowns } else { [] } }

    func truth(of facts: Facts) -> Truth {
        switch self {
        case .purpose(let accepted): facts.purpose.map { Truth(accepted[$0]) } ?? .unknown
        case .dateTime(let start, let end, let isInverted):
            Truth((start..<end).contains(facts.now.milliseconds) != isInverted)
        case .recipient(let iris, let isInverted):
            Truth(iris.contains(facts.request.assignee) != isInverted)
        case .legalBasis(let bases, let isInverted):
            Truth(bases.contains(facts.request.legalBasis) != isInverted)
        case .fields(let names, let needsAll):
            Truth(
                needsAll
                    ? facts.request.fields.allSatisfy(names.contains)
                    : facts.request.fields.contains(where: names.contains))
        case .unknown: .unknown
        }
    }
}
