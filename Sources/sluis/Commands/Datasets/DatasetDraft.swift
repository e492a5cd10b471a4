import Model

/// A dataset as its provider describes it, on its way to the hub.
struct DatasetDraft {
    let id: Slug
    let title: String
    let ownerRule: OwnerRule
    let timeColumn: String?
    let nullValues: [String]
    let fields: [Field]
    let offer: JSON?
    /// What the provider says of the fields himself; nil where they are inferred.
    var change: FieldRequest?

    /// Adds the dataset unless it is there already: then its next version gets these fields.
    func add(by client: HubClient) async throws {
        do {
            _ = try await client.call(.post, "/api/v1/datasets", body: .json(json))
        } catch let problem as HubProblem where problem.code == "dataset_exists" {
            try requireSameRule(problem)
            guard let answer = try await change?.send(to: id, by: client) else { return }
            for line in FieldRequest.changes(answer) { StandardError.write("\(line)\n") }
        }
    }

    /// The dataset's own rule counts for its new version: someone who thinks that his rows have owners must
    /// not publish them in a dataset that is open to anyone.
    func requireSameRule(_ problem: HubProblem) throws {
        guard let known = problem.members["dataset"] else {
            var members = problem.members
            members["detail"] = .string("the dataset `\(id)` exists and is not yours")
            throw HubProblem(status: 409, members: members)
        }
        let options = [
            "owner_rule": "--owner-column", "null_values": "--null", "time_column": "--time-column",
        ]
        for (name, option) in options.sorted(by: { $0.key < $1.key })
        where known[name] ?? .null != json[name] ?? .null {
            throw ClientFault(
                .badInput, "dataset_differs", "the dataset `\(id)` exists with another `\(name)`",
                field: option,
                found: json[name]?.canonicalText,
                expected: known[name]?.canonicalText,
                remedy: "give the dataset's own, or publish under another id")
        }
    }

    /// The body of `POST /api/v1/datasets`.
    var json: JSON {
        var members: [String: JSON] = [
            "id": .string(id.text), "title": .string(title), "owner_rule": rule,
            "null_values": JSON(nullValues),
            "fields": .array(fields.map(Self.json)),
        ]
        if let timeColumn { members["time_column"] = .string(timeColumn) }
        if let offer { members["offer"] = offer }
        return .object(members)
    }

    private var rule: JSON {
        switch ownerRule {
        case .column(let name): ["column": .string(name)]
        case .single(let owner): ["single": .string(owner.description)]
        case .open: ["open": true]
        }
    }

    private static func json(_ field: Field) -> JSON {
        [
            "id": .string(field.id), "name": .string(field.name), "type": .string(field.type.rawValue),
            "required": .bool(field.isRequired),
        ]
    }
}
