import Model

/// Fields that a dataset should have from its next version on, on their way to the hub, and what it says to
/// them.
struct FieldRequest {
    private let body: JSON

    /// - Parameter schema: a file, as `FieldList` reads it. A field without an id keeps the one it has.
    init(_ schema: String, breaking: BreakingOptions) throws {
        let json = try InputFile.json(schema, option: "--schema")
        _ = try FieldList.read(json, file: schema)
        body = [
            "fields": json["fields"] ?? json, "breaks": JSON(breaking.agreements.map(\.description)),
        ]
    }

    func send(to id: Slug, by client: HubClient) async throws -> JSON {
        try await Self.required(client.call(.put, "/api/v1/datasets/\(id)/fields", body: .json(body)))
    }

    static func required(_ answer: HubAnswer) throws -> JSON {
        try answer.members("dataset", "fields", "next", "added", "dropped", "renamed", "breaks")
    }

    /// What changes, a line each; none if nothing does.
    static func changes(_ answer: JSON) -> [String] {
        guard answer["next"] ?? .null != .null else { return [] }
        func names(_ member: String) -> [String] { (answer[member]?.array ?? []).map(\.plainText) }
        let renamed = (answer["renamed"]?.array ?? []).map {
            "renamed: \($0["from"]?.plainText ?? "") is \($0["to"]?.plainText ?? "")"
        }
        return ["from the next version on the fields are others"]
            + names("added").map { "new, in nobody's grant: \($0)" } + renamed
            + names("dropped").map { "dropped: \($0)" } + (answer["breaks"]?.array ?? []).map(loss)
    }

    /// An agreement that loses fields, for people.
    static func loss(_ json: JSON) -> String {
        let fields = (json["fields"]?.array ?? []).map(\.plainText).joined(separator: ", ")
        return "agreement \(json["agreement"]?.plainText ?? "") with \(json["consumer"]?.plainText ?? "")"
            + " loses \(fields)"
    }
}
