public import DataPlane
internal import Model

extension Exchange {
    /// What a read that begins can take its rows from; nil for the version itself.
    ///
    /// A read of all rows counts: at the second of the same fields a projection is made behind its back.
    public func projection(for plan: ReadPlan) -> StoredProjection? {
        guard plan.source == nil else { return nil }
        let asked = (plan.condition?.fieldNames ?? []) + (plan.bounds?.fieldNames ?? [])
        var fields = plan.positions
        for position in plan.version.fieldSet(named: asked).positions where !fields.contains(position) {
            fields.append(position)
        }
        return projections.projection(
            of: plan.version, for: fields, isCounted: plan.limit == nil && plan.continuation == nil)
    }
}

extension GateBook {
    /// The fields of a version that somebody may read now, of whatever rows.
    func readableFields(of version: StoredVersion, at now: Instant) -> FieldSet {
        if version.ownerRule == .open { return FieldSet(version.fields.indices) }
        return gates(ofDataset: version.identity.dataset).reduce(into: FieldSet()) {
            $0.formUnion($1.releasedFields(of: version, at: now))
        }
    }
}
