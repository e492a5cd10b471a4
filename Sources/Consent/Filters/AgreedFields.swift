internal import Model

/// The fields of an agreement as some version of its dataset has them. Those that the version lacks are left
/// out, and what has the name of one that was agreed is none of them: fields are known by their ids.
struct AgreedFields {
    private let fields: [Field]

    init(_ ids: [String], in fields: [Field]) {
        self.fields = ids.compactMap { id in fields.first { $0.id == id } }
    }

    /// In the order of the agreement.
    var names: [String] { fields.map(\.name) }

    func contains(_ name: String) -> Bool { fields.contains { $0.name == name } }

    /// Nil if one of these names is none of theirs.
    func ids(of names: [String]) -> [String]? {
        var ids: [String] = []
        for name in names {
            guard let field = fields.first(where: { $0.name == name }) else { return nil }
            ids.append(field.id)
        }
        return ids
    }
}
