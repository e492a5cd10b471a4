internal import Consent
internal import HTTPTypes
internal import Model

/// `/api/v1/datasets/{id}/fields`: the fields that a dataset has, and those that it has from its next version
/// on.
extension Gateway {
    func fields(_ call: Call) async throws -> Answer {
        switch call.endpoint {
        case .changeFields: try await changeFields(call)
        case .keepFields: try keepFields(call)
        default: try showFields(call)
        }
    }

    private func showFields(_ call: Call) throws -> Answer {
        .json(try exchange.fieldPlan(of: try call.slug("id"), by: try call.requiredCaller).json)
    }

    private func changeFields(_ call: Call) async throws -> Answer {
        var members = try Members(try await call.json())
        let drafts = try members.fieldDrafts()
        let breaks = try members.optional("breaks", "an array of agreements") { json in
            Members.texts(json).flatMap { texts in
                let found = texts.compactMap { AgreementID($0) }
                return found.count == texts.count ? found : Optional.none
            }
        }
        try members.finish()
        let plan = try exchange.changeFields(
            of: try call.slug("id"), to: drafts, breaking: breaks ?? [], by: try call.requiredCaller)
        return .json(plan.json)
    }

    private func keepFields(_ call: Call) throws -> Answer {
        try exchange.keepFields(of: try call.slug("id"), by: try call.requiredCaller)
        return Answer(status: .noContent)
    }
}

extension Members {
    /// `fields`, of which each may go without an id.
    mutating func fieldDrafts() throws(ClientFault) -> [Exchange.FieldDraft] {
        let elements = try required("fields", "an array of fields") { $0.array }
        var drafts: [Exchange.FieldDraft] = []
        for (index, element) in elements.enumerated() {
            var members = try Members(element, path: "fields[\(index)]")
            let name = try members.text("name")
            let id = try members.optional("id", "a string") { $0.string }
            let isRequired = try members.optional("required", "true or false") { $0.bool }
            drafts.append(
                Exchange.FieldDraft(
                    id: id, name: name, type: try members.word("type", FieldType.self),
                    isRequired: isRequired ?? false))
            try members.finish()
        }
        return drafts
    }
}

extension Problem {
    /// With the agreements that lose fields, so that the provider need not look them up.
    init(_ fault: BrokenAgreementsFault) {
        self.init(fault.fault)
        members["breaks"] = .array(fault.agreements.map(\.json))
    }
}

extension BrokenAgreement {
    fileprivate var json: JSON {
        [
            "agreement": .string(agreement.description), "consumer": .string(consumer.text),
            "fields": JSON(fields),
        ]
    }
}

extension Exchange.FieldPlan {
    fileprivate var json: JSON {
        [
            "dataset": .string(dataset.text), "fields": .array(fields.map(\.json)),
            "next": next.map { .array($0.map(\.json)) } ?? .null, "added": JSON(added.map(\.name)),
            "dropped": JSON(dropped.map(\.name)),
            "renamed": .array(
                renamed.map { from, to in
                    ["id": .string(from.id), "from": .string(from.name), "to": .string(to.name)]
                }),
            "breaks": .array(breaks.map(\.json)),
        ]
    }
}
