import DataPlane
import Model
import NIOHTTP1

/// A checked file on its way to become a version of a dataset.
struct Publication {
    /// When the last byte has come the hub still sorts the rows, which takes as long as the file is large.
    private static let patience = Duration.seconds(3600)

    let id: Slug
    let title: String
    let file: String
    let kind: FileKind
    let ownerRule: OwnerRule
    let timeColumn: String?
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
        return try await Self.send(file, kind, .put, to: id, badLines: badLines, by: client)
    }

    /// Sends a file to a dataset that is there.
    ///
    /// - Parameter method: PUT in place of its rows, POST beside them.
    /// - Returns: the publish answer.
    static func send(
        _ file: String, _ kind: FileKind, _ method: HubClient.Method, to id: Slug,
        badLines: IngestShape.BadLinePolicy, by client: HubClient
    ) async throws -> JSON {
        let size = try InputFile.sizeBytes(file, option: "--file")
        let progress = ProgressMeter("bytes of \(file) sent", total: UInt64(size))
        defer { progress.end() }
        let upload = try FileUpload(file, option: "--file") { progress.advance(by: $0) }
        let answer = try await client.call(
            method, "/api/v1/datasets/\(id)/data?bad_lines=\(badLines.rawValue)",
            body: .file(upload, kind.contentType),
            headers: kind.contentEncoding.map { ["Content-Encoding": $0] } ?? [:],
            patience: patience)
        return try requirePublishAnswer(answer)
    }

    static func requirePublishAnswer(_ answer: HubAnswer) throws -> JSON {
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
        let options = [
            "owner_rule": "--owner-column", "null_values": "--null", "time_column": "--time-column",
        ]
        for (name, option) in options.sorted(by: { $0.key < $1.key })
        where known[name] ?? .null != description[name] ?? .null {
            throw ClientFault(
                .badInput, "dataset_differs", "the dataset `\(id)` exists with another `\(name)`",
                field: option,
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
