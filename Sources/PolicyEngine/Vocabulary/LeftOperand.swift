/// A left operand that the engine can evaluate: what of a request or of the world a constraint speaks of.
enum LeftOperand: Hashable, Sendable {
    case known(KnownOperand)
    /// A property of who asks, of what is asked, of the action or of the context, as AuthZEN names them.
    case property(Entity, String)

    enum Entity: String, CaseIterable, Sendable {
        case subject, resource, action, context

        var namespace: String {
            switch self {
            case .subject: SluisProfile.subjectProperty
            case .resource: SluisProfile.resourceProperty
            case .action: SluisProfile.actionProperty
            case .context: SluisProfile.contextProperty
            }
        }
    }

    init?(iri: String) {
        if let operand = KnownOperand(iri: iri) {
            self = .known(operand)
            return
        }
        guard let entity = Entity.allCases.first(where: { iri.hasPrefix($0.namespace) }) else { return nil }
        let name = String(iri.dropFirst(entity.namespace.count))
        guard !name.isEmpty else { return nil }
        self = .property(entity, name)
    }

    var iri: String {
        switch self {
        case .known(let operand): operand.iri
        case .property(let entity, let name): entity.namespace + name
        }
    }

    var kind: ValueKind {
        switch self {
        case .known(let operand): operand.kind
        case .property: .any
        }
    }

    /// The name in messages.
    var name: String {
        switch self {
        case .known(let operand): operand.phrase
        case .property(let entity, let name): "\(entity.rawValue) property `\(brief(name))`"
        }
    }

    /// The reason's code when a constraint on it is not met, such as `purpose_not_permitted`.
    var code: String {
        switch self {
        case .known(.field): "field_not_agreed"
        case .known(let operand): operand.words.joined(separator: "_") + "_not_permitted"
        case .property: "property_not_permitted"
        }
    }
}
