import Model

extension Facts {
    /// What an AuthZEN request says, and what is known of its subject and resource. Where both speak of a
    /// property, the request does.
    init(
        _ request: AuthorizationRequest, at now: Instant, entities: EntityDirectory, purposes: PurposeTree
    ) {
        let (subject, resource) = (request.subject, request.resource)
        self.init(
            assignee: subject.iri, target: resource.iri,
            action: AuthorizationEntity.action(request.actionName),
            now: FactValue(.time(TimeSpan(now))), purposes: purposes)
        for entity in [subject, resource] {
            world.memberships[entity.iri, default: []].insert(
                AuthorizationEntity.collection(of: entity.type))
        }
        add(subject, known: entities, as: .subject)
        add(resource, known: entities, as: .resource)
        add(request.actionProperties, of: .action)
        values[.property(.action, "name")] = [FactValue(.text(request.actionName))]
        add(request.context, of: .context)
    }

    private mutating func add(
        _ entity: AuthorizationEntity, known: EntityDirectory, as kind: LeftOperand.Entity
    ) {
        let stored = known.entity(type: entity.type, id: entity.id)?.properties ?? [:]
        add(stored.merging(entity.properties) { _, stated in stated }, of: kind)
        values[.property(kind, "id")] = [FactValue(.text(entity.id))]
        values[.property(kind, "type")] = [FactValue(.text(entity.type))]
    }

    private mutating func add(_ properties: [String: JSON], of kind: LeftOperand.Entity) {
        for (name, value) in properties {
            let facts = value.list.compactMap(Self.fact)
            if !facts.isEmpty { values[.property(kind, name)] = facts }
        }
    }

    /// Null and nested objects are no values that a policy could compare.
    private static func fact(_ json: JSON) -> FactValue? {
        switch json {
        case .string(let text): FactValue(.text(text))
        case .bool(let value): FactValue(.boolean(value))
        case .integer(let value): FactValue(.number(FixedDecimal(value)))
        case .number: FixedDecimal(json.canonicalText).map { FactValue(.number($0)) }
        case .null, .array, .object: nil
        }
    }
}
