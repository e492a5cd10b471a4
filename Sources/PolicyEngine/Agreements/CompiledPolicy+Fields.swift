extension CompiledPolicy {
    /// Whether what it permits or prohibits differs from field to field.
    public var dependsOnFields: Bool { operands.contains(.known(.field)) }

    /// The fields that its rules name, by their ids.
    public var fieldsNamed: Set<String> {
        var named: Set<String> = []
        for rule in permissions + prohibitions {
            let refinements = rule.action.members.flatMap(\.refinements)
            let conditions = rule.constraints + rule.duties.flatMap(\.constraints) + refinements
            for test in conditions.flatMap(\.leaves).compactMap(\.test) where test.operand == .known(.field) {
                named.formUnion(test.right.map(\.description))
            }
        }
        return named
    }
}
