public import Model

/// The entities that a policy decision point knows: those of a file, and those that its policies name.
public struct EntityDirectory: Sendable {
    /// In the order in which they are found.
    private(set) var all: [AuthorizationEntity] = []
    private var places: [[UInt8]: Int] = [:]

    /// Reads `[{"type","id","properties"?}]`.
    ///
    /// - Throws: `ClientFault` `entities_malformed` for another shape or an entity listed twice.
    public init(_ json: JSON) throws(ClientFault) {
        guard case .array(let items) = json else {
            throw Self.fault("$", found: json.kind, expected: "a list of entities")
        }
        for (index, item) in items.enumerated() {
            let path = "$[\(index)]"
            guard let type = item["type"]?.string, let id = item["id"]?.string else {
                throw Self.fault(path, found: item.kind, expected: "`type` and `id`, both texts")
            }
            let properties = item["properties"] ?? .object([:])
            guard case .object(let values) = properties else {
                throw Self.fault("\(path).properties", found: properties.kind, expected: "an object")
            }
            let entity = AuthorizationEntity(type: type, id: id, properties: values)
            guard places[entity.key] == nil else {
                throw Self.fault(path, found: "\(type) \(id)", expected: "each entity once")
            }
            insert(entity)
        }
    }

    /// Nobody but those whom policies name.
    public init() {}

    /// Adds what policies name and the file does not list.
    mutating func addNamed(in policies: [CompiledPolicy]) {
        for rule in policies.flatMap({ $0.permissions + $0.prohibitions }) {
            for iri in rule.assignee.iris + rule.target.iris {
                guard let entity = AuthorizationEntity(iri: iri), places[entity.key] == nil else { continue }
                insert(entity)
            }
        }
    }

    func entity(type: String, id: String) -> AuthorizationEntity? {
        places[AuthorizationEntity(type: type, id: id).key].map { all[$0] }
    }

    func entities(ofType type: String) -> [AuthorizationEntity] {
        all.filter { $0.type.utf8.elementsEqual(type.utf8) }
    }

    private mutating func insert(_ entity: AuthorizationEntity) {
        places[entity.key] = all.count
        all.append(entity)
    }

    private static func fault(_ path: String, found: String, expected: String) -> ClientFault {
        ClientFault(
            .badInput, "entities_malformed", "the entities are malformed at `\(path)`", field: path,
            found: found, expected: expected)
    }
}
