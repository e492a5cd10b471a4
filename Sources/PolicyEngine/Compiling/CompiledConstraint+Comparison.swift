extension CompiledConstraint.Test {
    /// Compares a set of values with a set of values (ODRL Vocabulary 2.2 section 3.8).
    ///
    /// What is single, as most values are, is a set of one.
    func compare(
        _ left: [FactValue], _ right: [OperandValue], _ facts: Facts, _ reading: EvaluationReading
    ) -> Truth {
        func any(_ values: [FactValue], _ match: (FactValue) -> Truth) -> Truth {
            values.reduce(Truth.no) { $0 || match($1) }
        }
        func all(_ values: [FactValue], _ match: (FactValue) -> Truth) -> Truth {
            values.reduce(Truth.yes) { $0 && match($1) }
        }
        func equal(_ a: FactValue, _ b: OperandValue) -> Truth {
            operand.kind == .purpose ? isPurpose(a, b, facts) : a.value.equals(b)
        }
        switch comparison {
        case .eq: return all(left) { equal($0, right[0]) }
        case .neq: return !all(left) { equal($0, right[0]) }
        case .lt, .lteq, .gt, .gteq:
            guard left.count == 1 else { return .unknown }
            return left[0].value.compares(comparison, right[0])
        case .isAnyOf:
            return any(left) { value in right.reduce(Truth.no) { $0 || equal(value, $1) } }
        case .isNoneOf:
            return !any(left) { value in right.reduce(Truth.no) { $0 || equal(value, $1) } }
        case .isAllOf:
            return right.reduce(Truth.yes) { sum, value in sum && any(left) { equal($0, value) } }
        case .isA: return Truth.agreed(left.lazy.map { isA($0, right[0], facts, reading) })
        case .isPartOf:
            return all(left) { value in
                right.reduce(Truth.no) { $0 || Self.isPart(value.value, of: $1, facts) }
            }
        case .hasPart:
            return right.reduce(Truth.yes) { sum, part in
                sum && any(left) { Self.isPart(part, of: $0.value, facts) }
            }
        }
    }

    /// Whether a purpose is another, or for the lists narrower than it; unknown if one is not of the tree.
    private func isPurpose(_ value: FactValue, _ other: OperandValue, _ facts: Facts) -> Truth {
        guard case .iri(let asked) = value.value, case .iri(let named) = other,
            let a = facts.purposes.numbers[asked], let b = facts.purposes.numbers[named]
        else { return .unknown }
        let seesNarrower = comparison == .isAnyOf || comparison == .isNoneOf || comparison == .isA
        return Truth(seesNarrower ? facts.purposes.isA(a, b) : a == b)
    }

    private func isA(
        _ value: FactValue, _ kind: OperandValue, _ facts: Facts, _ reading: EvaluationReading
    ) -> Truth {
        guard case .iri(let kind) = kind else { return .unknown }
        if case .unclear = value.value { return .unknown }
        let types = facts.types(of: value)
        if types.contains(kind) { return .yes }
        if operand.kind == .purpose {
            let own = reading.isAMeansInstance ? [] : [value]
            let known = (own + types.map { FactValue(.iri($0)) })
                .map { isPurpose($0, .iri(kind), facts) }.filter { $0 != .unknown }
            return known.isEmpty && !reading.isAMeansInstance ? .unknown : Truth(known.contains(.yes))
        }
        if reading.isAMeansInstance { return .no }
        guard case .iri(let iri) = value.value else { return .unknown }
        if iri == kind || facts.containers(of: iri).contains(kind) { return .yes }
        // Nothing is said of what it is: it may be of that kind.
        return types.isEmpty && facts.world.memberships[iri] == nil ? .unknown : .no
    }

    private static func isPart(_ part: OperandValue, of whole: OperandValue, _ facts: Facts) -> Truth {
        if part == whole { return .yes }
        guard case .iri(let part) = part, case .iri(let whole) = whole else { return part.equals(whole) }
        if facts.containers(of: part).contains(whole) { return .yes }
        if let a = facts.purposes.numbers[part], let b = facts.purposes.numbers[whole] {
            return Truth(facts.purposes.isA(a, b))
        }
        return facts.world.memberships[part] == nil ? .unknown : .no
    }
}

extension OperandValue {
    /// Unknown where the two are not of one kind.
    func equals(_ other: OperandValue) -> Truth {
        switch (self, other) {
        case (.iri, .iri), (.text, .text), (.boolean, .boolean), (.number, .number):
            return Truth(self == other)
        case (.time(let a), .time(let b)):
            if a.start >= b.start, a.end <= b.end { return .yes }
            return a.end <= b.start || a.start >= b.end ? .no : .unknown
        case (.duration(let a), .duration(let b)): return a.compared(to: b).map { Truth($0 == 0) } ?? .unknown
        default: return made(like: other)?.equals(other) ?? .unknown
        }
    }

    /// A text that came without a type, as what the other side says it is.
    private func made(like other: OperandValue) -> OperandValue? {
        guard case .text(let text) = self else { return nil }
        return switch other {
        case .time: TimeSpan(text).map(OperandValue.time)
        case .duration: CalendarDuration(text).map(OperandValue.duration)
        default: nil
        }
    }

    /// `lt`, `lteq`, `gt` or `gteq`; unknown where there is no order between the two.
    func compares(_ comparison: Operator, _ other: OperandValue) -> Truth {
        switch (self, other) {
        case (.number(let a), .number(let b)):
            return Self.holds(comparison, a < b ? -1 : a == b ? 0 : 1)
        case (.duration(let a), .duration(let b)):
            return a.compared(to: b).map { Self.holds(comparison, $0) } ?? .unknown
        case (.time(let a), .time(let b)):
            // All of the left value must lie so, or none of it; what lies on both sides is unknown.
            switch comparison {
            case .lt: return a.end <= b.start ? .yes : a.start >= b.start ? .no : .unknown
            case .lteq: return a.end <= b.end ? .yes : a.start >= b.end ? .no : .unknown
            case .gt: return a.start >= b.end ? .yes : a.end <= b.end ? .no : .unknown
            case .gteq: return a.start >= b.start ? .yes : a.end <= b.start ? .no : .unknown
            default: return .unknown
            }
        default: return made(like: other)?.compares(comparison, other) ?? .unknown
        }
    }

    private static func holds(_ comparison: Operator, _ sign: Int) -> Truth {
        switch comparison {
        case .lt: Truth(sign < 0)
        case .lteq: Truth(sign <= 0)
        case .gt: Truth(sign > 0)
        case .gteq: Truth(sign >= 0)
        default: .unknown
        }
    }
}
