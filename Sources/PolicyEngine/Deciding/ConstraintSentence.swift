/// That a constraint holds or not, for reasons: `purpose A is not B or narrower`.
struct ConstraintSentence {
    let test: CompiledConstraint.Test
    let facts: Facts
    let holds: Bool
    var reading = EvaluationReading.strict

    var text: String {
        let left = found
        guard !left.isEmpty else { return "\(test.operand.name) is not given" }
        return doubt(left) ?? "\(test.operand.name) \(left) \(words) \(expected)"
    }

    /// Why nobody can tell whether it holds; nil if it can be told.
    private func doubt(_ left: String) -> String? {
        guard test.truth(of: facts, reading) == .unknown else { return nil }
        let (name, values) = (test.operand.name, test.left(facts))
        for value in values {
            if case .unclear("?") = value.value { return "\(name) is not given by `eq`" }
            if case .unclear = value.value { return "\(name) `\(brief(value.text))` is no value for it" }
        }
        let other = values.first { !CompiledConstraint.Test.sameUnit($0.unit, test.unit) }
        if let other, test.anchor == nil {
            func named(_ unit: String?) -> String { unit.map { "`\(brief($0))`" } ?? "no unit" }
            return "\(name) \(left) is in \(named(other.unit)), the rule's \(expected) in \(named(test.unit))"
        }
        if values.count > 1, test.operand.kind.isOrdered { return "\(name) has several values: \(left)" }
        return "nobody can tell whether \(name) \(left) \(wordsIfItHolds) \(expected)"
    }

    private var wordsIfItHolds: String { ConstraintSentence(test: test, facts: facts, holds: true).words }

    private var found: String {
        if test.anchor != nil { return facts.now?.text ?? "" }
        let values = test.left(facts)
        switch test.operand {
        case .known(.field): return values.prefix(8).map { "`\(brief($0.text))`" }.joined(separator: ", ")
        case .known(.legalBasis): return values.map { $0.value.phrase }.joined(separator: ", ")
        default: return values.prefix(8).map { brief($0.text) }.joined(separator: ", ")
        }
    }

    var expected: String {
        let all = test.right.map(\.description) + test.references.map { "the value of \($0.iri)" }
        let shown = all.prefix(6).map { value in
            switch test.operand {
            case .known(.field): "`\(brief(value))`"
            case .known(.legalBasis): IRI.localName(value)
            default: brief(value)
            }
        }
        let more = all.count - shown.count
        let list = shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
        let isTree =
            test.operand.kind == .purpose && test.comparison != .eq && test.comparison != .neq
        if let anchor = test.anchor { return "\(list) after \(anchor), whole periods" }
        return isTree ? list + " or narrower" : list
    }

    private var words: String {
        let isTime = test.operand.kind == .time
        switch test.comparison {
        case .eq, .isA: return holds ? "is" : "is not"
        case .neq: return holds ? "is not" : "is"
        case .lt where isTime: return holds ? "is before" : "is not before"
        case .lteq where isTime: return holds ? "is not after" : "is after"
        case .gt where isTime: return holds ? "is after" : "is not after"
        case .gteq where isTime: return holds ? "is not before" : "is before"
        case .lt: return holds ? "is less than" : "is not less than"
        case .lteq: return holds ? "is at most" : "is more than"
        case .gt: return holds ? "is more than" : "is not more than"
        case .gteq: return holds ? "is at least" : "is less than"
        case .isAnyOf: return holds ? "is one of" : "is not one of"
        case .isNoneOf: return holds ? "is none of" : "is one of"
        case .isAllOf: return holds ? "is all of" : "is not all of"
        case .isPartOf: return holds ? "is part of" : "is not part of"
        case .hasPart: return holds ? "contains" : "does not contain"
        }
    }
}
