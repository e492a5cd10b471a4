internal import Consent
internal import DataPlane
internal import HTTPTypes
internal import HummingbirdCore
internal import Model
internal import NIOCore
internal import Registry

extension Gateway {
    func addDataset(_ call: Call) async throws -> Answer {
        var members = try Members(try await call.json())
        let description = Exchange.DatasetDescription(
            id: try members.slug("id"), title: try members.text("title"), ownerRule: try members.ownerRule(),
            timeColumn: try members.optional("time_column", "the name of a field") { $0.string },
            nullValues: try members.texts("null_values") ?? [""], fields: try members.fields(),
            offer: try members.optional("offer", "an ODRL Offer") { json -> JSON? in
                json.object == nil ? Optional.none : json
            })
        try members.finish()
        let caller = try call.requiredCaller
        do {
            let recorded = try await exchange.addDataset(description, by: caller)
            return .json(
                recorded.value.json, status: .created, entry: recorded.entry,
                location: "/api/v1/datasets/\(recorded.value.id)")
        } catch let fault as ClientFault where fault.code == "dataset_exists" {
            throw try alreadyThere(fault, description.id, caller)
        }
    }

    /// The conflict with the dataset as it is, if it is the caller's own: who publishes the next version must
    /// know under which owner rule his rows will stand.
    private func alreadyThere(_ fault: ClientFault, _ id: Slug, _ caller: Caller) throws -> any Error {
        guard let known = try exchange.parts.registry.read({ try $0.dataset(id) }),
            caller.acts(as: .provider, for: known.provider)
        else { return fault }
        var problem = Problem(fault)
        problem.members["dataset"] = known.json
        return ProblemError(problem: problem)
    }

    /// The rows of one owner key go, in a new version (GDPR article 17).
    func deleteOwnerRows(_ call: Call) async throws -> Answer {
        let dataset = try call.slug("id")
        let recorded = try await exchange.deleteRows(
            of: try call.parameter("owner_key"), in: dataset, by: try call.requiredCaller)
        return .json(recorded.value.json(of: dataset, entry: recorded.entry), entry: recorded.entry)
    }

    func putLinks(_ call: Call) async throws -> Answer {
        let caller = try call.requiredCaller
        let id = try call.slug("id")
        let claims: [Exchange.LinkClaim]
        if call.contentType == "text/csv" {
            claims = try LinkList.read(csv: try await call.body())
        } else {
            claims = try LinkList.read(json: try await call.json())
        }
        let recorded = try await exchange.link(claims, in: id, by: caller)
        return .json(
            ["links": .integer(Int64(recorded.value)), "entry": recorded.entryJSON], entry: recorded.entry)
    }
}

extension Exchange.Recorded {
    /// The index of the entry as answers name it.
    var entryJSON: JSON { entry.map { .integer(Int64($0)) } ?? .null }
}

extension Members {
    fileprivate mutating func ownerRule() throws(ClientFault) -> OwnerRule {
        let expected = "{\"column\":NAME}, {\"single\":OWNER} or {\"open\":true}"
        let json = try required("owner_rule", expected) { json -> JSON? in
            json.object?.count == 1 ? json : Optional.none
        }
        if let column = json["column"]?.string { return .column(column) }
        if let owner = json["single"]?.string.flatMap({ Owner($0) }) { return .single(owner) }
        if json["open"]?.bool == true { return .open }
        throw ClientFault(
            .badInput, "wrong_value", "`owner_rule` is not what it should be", field: name("owner_rule"),
            found: json.canonicalText, expected: expected)
    }

    fileprivate mutating func fields() throws(ClientFault) -> [Field] {
        try fieldDrafts().map { Field(id: $0.id, name: $0.name, type: $0.type, isRequired: $0.isRequired) }
    }
}

extension Field {
    /// As `POST /api/v1/datasets` takes it.
    var json: JSON {
        [
            "id": .string(id), "name": .string(name), "type": .string(type.rawValue),
            "required": .bool(isRequired),
        ]
    }
}

extension Dataset {
    var json: JSON {
        let rule: JSON =
            switch ownerRule {
            case .column(let name): ["column": .string(name)]
            case .single(let owner): ["single": .string(owner.description)]
            case .open: ["open": true]
            }
        return [
            "id": .string(id.text), "provider": .string(provider.text), "title": .string(title),
            "owner_rule": rule, "null_values": JSON(nullValues), "fields": .array(fields.map(\.json)),
            "offer": offer, "time_column": JSON(timeColumn), "upstream": upstream?.json ?? .null,
        ]
    }
}
