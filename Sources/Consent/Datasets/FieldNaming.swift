internal import Model
internal import Registry

/// Finds the ids of fields that a provider describes anew.
struct FieldNaming {
    private static let maximumBytes = 256
    /// With a number behind it an id is no longer than others.
    private static let maximumStemBytes = 240

    private let known: [Field]
    private let former: Set<FormerField>

    /// - Parameter former: what fields of the dataset were called before.
    init(_ dataset: Dataset, former: Set<FormerField>) {
        known = dataset.fields
        self.former = former
    }

    /// Refuses what is too much to look at, before anybody waits for it.
    static func check(_ drafts: [Exchange.FieldDraft]) throws(ClientFault) {
        guard drafts.count <= Exchange.DatasetDescription.maximumFields else {
            throw ClientFault(
                .badInput, "bad_field_count", "a dataset has too many fields", field: "fields",
                found: String(drafts.count),
                expected: "1 to \(Exchange.DatasetDescription.maximumFields)")
        }
        for (index, draft) in drafts.enumerated() {
            for (member, text) in [("name", draft.name), ("id", draft.id ?? draft.name)]
            where text.utf8.isEmpty || text.utf8.count > maximumBytes || !text.isStreamSafe {
                throw ClientFault(
                    .badInput, "bad_field_\(member)", "a field has a bad \(member)",
                    field: "fields[\(index)].\(member)", found: String(text.unicodeScalars.prefix(40)),
                    expected: "1 to \(maximumBytes) bytes without control characters")
            }
        }
    }

    func fields(_ drafts: [Exchange.FieldDraft]) throws(ClientFault) -> [Field] {
        var fields: [Field] = []
        var taken = Set(known.map(\.id)).union(former.map(\.id)).union(drafts.compactMap(\.id))
        for (index, draft) in drafts.enumerated() {
            let id: String
            if let given = draft.id {
                try check(given, draft, at: index)
                id = given
            } else if let same = known.first(where: { $0.name == draft.name && $0.type == draft.type }),
                !drafts.contains(where: { $0.id == same.id })
            {
                id = same.id
            } else {
                id = Self.new(draft.name, besides: taken)
            }
            taken.insert(id)
            fields.append(Field(id: id, name: draft.name, type: draft.type, isRequired: draft.isRequired))
        }
        return fields
    }

    private func check(_ id: String, _ draft: Exchange.FieldDraft, at index: Int) throws(ClientFault) {
        guard let field = known.first(where: { $0.id == id }) else {
            guard former.contains(where: { $0.id == id }) else { return }
            throw ClientFault(
                .conflict, "field_id_retired", "another field of the dataset had this id",
                field: "fields[\(index)].id", found: id, remedy: "leave it out, or give a new one")
        }
        guard field.type == draft.type else {
            throw ClientFault(
                .conflict, "field_retyped", "a field of another type is another field",
                field: "fields[\(index)].type", found: draft.type.rawValue,
                expected: "`\(field.type.rawValue)`, the type of `\(id)`",
                remedy: "leave the id out, or give a new one: nobody has granted the new field then")
        }
        // Who agreed on both fields, and holds a token or a page with the old names, must not get the other.
        let isTaken =
            known.contains { $0.id != id && $0.name == draft.name }
            || former.contains { $0.id != id && $0.name == draft.name }
        guard field.name == draft.name || !isTaken else {
            throw ClientFault(
                .conflict, "field_name_taken", "another field of the dataset is or was called so",
                field: "fields[\(index)].name", found: draft.name, expected: "a name that none has had")
        }
    }

    private static func new(_ name: String, besides taken: Set<String>) -> String {
        guard taken.contains(name) else { return name }
        let stem = name.utf8.count > maximumStemBytes ? String(name.prefix(maximumStemBytes / 4)) : name
        var number = 2
        while taken.contains("\(stem)-\(number)") { number += 1 }
        return "\(stem)-\(number)"
    }
}
