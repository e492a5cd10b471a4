import DataPlane
import Model

/// A checked file on its way to become a version of a dataset.
struct Publication {
    /// When the last byte has come the hub still sorts the rows, which takes as long as the file is large.
    private static let patience = Duration.seconds(3600)

    let id: Slug
    let title: String
    let file: String
    let ownerRule: OwnerRule
    let nullValues: [String]
    let fields: [Field]
    let offer: JSON?
    let badLines: IngestShape.BadLinePolicy

    /// Adds the dataset unless it is there already, then sends the file.
    ///
    /// - Returns: the publish answer.
    func send(by client: HubClient) async throws -> JSON {
        do {
            _ = try await client.call(.post, "/api/v1/datasets", body: .json(description))
        } catch let problem as HubProblem where problem.code == "dataset_exists" {
            try requireSameRule(problem)
        }
        let progress = ProgressMeter("bytes of \(file) sent")
        defer { progress.end() }
        let upload = try FileUpload(file, option: "--file") { progress.advance(by: $0) }
        let answer = try await client.call(
            .put, "/api/v1/datasets/\(id)/data?bad_lines=\(badLines.rawValue)",
            body: .file(upload, "text/csv"),
            patience: Self.patience)
        _ = try answer.members(
            "dataset", "version", "fields", "rows", "owners", "ownerless_rows", "bad_lines", "entry")
        return try answer.json
    }

    /// The dataset's own rule counts for its new version: someone who thinks that his rows have owners must
    /// not publish them in a dataset that is open to anyone.
    func requireSameRule(_ problem: HubProblem) throws {
        guard let known = problem.members["dataset"] else {
            var members = problem.members
            members["detail"] = .string("the dataset `\(id)` exists and is not yours")
            throw HubProblem(status: 409, members: members)
        }
        for name in ["owner_rule", "null_values"] where known[name] != description[name] {
            throw ClientFault(
                .badInput, "dataset_differs", "the dataset `\(id)` exists with another `\(name)`",
                field: name == "owner_rule" ? "--owner-column" : "--null",
                found: description[name]?.canonicalText,
                expected: known[name]?.canonicalText,
                remedy: "give the dataset's own, or publish under another id")
        }
    }

    /// The body of `POST /api/v1/datasets`.
    var description: JSON {
        var members: [String: JSON] = [
            "id": .string(id.text), "title": .string(title), "owner_rule": rule,
            "null_values": JSON(nullValues),
            "fields": .array(fields.map(Self.json)),
        ]
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
