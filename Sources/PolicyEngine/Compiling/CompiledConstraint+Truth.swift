extension CompiledCondition {
    func truth(of facts: Facts, _ reading: EvaluationReading) -> Truth {
        switch self {
        case .constraint(let constraint): return constraint.truth(of: facts, reading)
        case .logical(let operation, let operands, _, let unknowns):
            guard unknowns.isEmpty else { return .unknown }
            return Self.join(operation, operands.lazy.map { $0.truth(of: facts, reading) })
        }
    }

    static func join(_ operation: LogicalConstraint.Operation, _ truths: some Sequence<Truth>) -> Truth {
        switch operation {
        case .and, .andSequence:
            var all = Truth.yes
            for truth in truths where all != .no { all = all && truth }
            return all
        case .or:
            var any = Truth.no
            for truth in truths where any != .yes { any = any || truth }
            return any
        case .xone:
            var (met, unknown) = (0, 0)
            for truth in truths {
                met += truth == .yes ? 1 : 0
                unknown += truth == .unknown ? 1 : 0
            }
            return met > 1 ? .no : unknown > 0 ? .unknown : Truth(met == 1)
        }
    }
}

extension CompiledConstraint {
    func truth(of facts: Facts, _ reading: EvaluationReading) -> Truth {
        guard unknowns.isEmpty, let test else { return .unknown }
        return test.truth(of: facts, reading)
    }
}

extension CompiledConstraint.Test {
    /// What is compared: what the caller knows, else what the policy itself records.
    func left(_ facts: Facts) -> [FactValue] {
        let given = facts.values(of: operand)
        if given.isEmpty, let unit, let measured = facts.measures[unit] { return measured }
        return given.isEmpty ? status : given
    }

    func truth(of facts: Facts, _ reading: EvaluationReading) -> Truth {
        if let anchor { return periodic(anchor, facts) }
        let left = left(facts)
        guard !left.isEmpty else {
            // A request without a purpose has none of those listed; what else nobody says may be anything.
            return comparison == .isNoneOf && operand.kind == .purpose ? .yes : .unknown
        }
        guard left.allSatisfy({ Self.sameUnit($0.unit, unit) }), left.count == 1 || !operand.kind.isOrdered
        else { return .unknown }
        guard references.isEmpty else { return referenced(left, facts, reading) }
        if let purposes {
            let truths = left.lazy.map { purpose($0, purposes, facts, reading) }
            if comparison == .isA { return Truth.agreed(truths) }
            // Of several values `neq` says that not all are it, `isNoneOf` that none is.
            let isAll = comparison == .eq || comparison == .isNoneOf || comparison == .isPartOf
            return CompiledCondition.join(isAll ? .and : .or, truths)
        }
        if operand == .known(.field) { return fields(left) }
        return compare(left, right, facts, reading)
    }

    /// The right side is whatever the references stand for; one of them unknown, all is.
    private func referenced(_ left: [FactValue], _ facts: Facts, _ reading: EvaluationReading) -> Truth {
        guard let resolved = resolved(by: facts) else { return .unknown }
        return compare(left, resolved.right, facts, reading)
    }

    /// The same with the values that its references stand for; nil if one of them is unknown.
    func resolved(by facts: Facts) -> Self? {
        var test = self
        for reference in references {
            let found = resolve(reference, facts)
            guard !found.isEmpty else { return nil }
            test.right += found
        }
        test.references = []
        return comparison.takesList || test.right.count == 1 ? test : nil
    }

    private func resolve(_ reference: Constraint.Reference, _ facts: Facts) -> [OperandValue] {
        if let source = reference.source {
            return facts.world.things.values(of: source, along: reference.path[...])
                .compactMap { try? OperandValue($0, as: operand.kind) }
        }
        let things = facts.world.things.values(of: reference.iri).compactMap {
            try? OperandValue($0, as: operand.kind)
        }
        guard things.isEmpty else { return things }
        return LeftOperand(iri: reference.iri).map { facts.values(of: $0).map(\.value) } ?? []
    }

    private func purpose(
        _ value: FactValue, _ accepted: [Truth], _ facts: Facts, _ reading: EvaluationReading
    ) -> Truth {
        guard case .iri(let iri) = value.value else { return .unknown }
        let own = facts.purposes.numbers[iri]
        let types = facts.types(of: value).compactMap { facts.purposes.numbers[$0] }
        if comparison == .isA {
            let classes = reading.isAMeansInstance ? types : types + (own.map { [$0] } ?? [])
            guard reading.isAMeansInstance || !classes.isEmpty else { return .unknown }
            return CompiledCondition.join(.or, classes.lazy.map { accepted[$0] })
        }
        guard let own else { return .unknown }
        // What it is said to be an instance of does not admit it, and may speak against it.
        let isExcluded = comparison.isNegative && types.contains { accepted[$0] == .no }
        return isExcluded && accepted[own] == .yes ? .unknown : accepted[own]
    }

    /// A request asks a set of fields. A permission must cover all of them; a prohibition is met by one.
    private func fields(_ left: [FactValue]) -> Truth {
        let holds = left.map { field -> Truth in
            guard case .text = field.value else { return .unknown }
            let isListed = Truth(right.contains(field.value))
            return comparison.isNegative ? !isListed : isListed
        }
        return CompiledCondition.join(needsAll ? .and : .or, holds)
    }

    /// `timeInterval eq P30D` counted from a day: now is a whole number of periods after
    /// it, none included.
    private func periodic(_ anchor: TimeSpan, _ facts: Facts) -> Truth {
        guard case .time(let now)? = facts.now?.value, case .duration(let period)? = right.first,
            period.months == 0, period.milliseconds > 0
        else { return .unknown }
        let length = anchor.end - anchor.start
        let elapsed = now.start - anchor.start
        let phase = elapsed - elapsed.flooredQuotient(by: period.milliseconds) * period.milliseconds
        return Truth(elapsed >= 0 && phase < length)
    }

    /// Dots per inch are not pixels. Nothing is converted.
    static func sameUnit(_ a: String?, _ b: String?) -> Bool {
        if a == b { return true }
        guard let a, let b else { return false }
        func plain(_ iri: String) -> Substring {
            iri.hasPrefix("https://")
                ? iri.dropFirst(8) : iri.hasPrefix("http://") ? iri.dropFirst(7) : iri[...]
        }
        return plain(a) == plain(b)
    }
}

extension Int64 {
    /// Division that rounds towards minus infinity, so that times before an anchor work.
    func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
