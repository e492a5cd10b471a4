import ArgumentParser
import Model

struct DatasetFieldsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fields",
        abstract: "Show or change the fields of a dataset, as its provider.",
        discussion: """
            With --schema it says what fields the next version has; nothing changes before it is there. \
            A field without an id keeps the one it has if name and type are the same, and is a new one \
            otherwise: nobody has granted it. One with the id of another name is that field, renamed. \
            Agreements in force that would lose fields are named, and must be given with --break.
            """)

    @Argument(help: "The dataset.", transform: ArgumentReader.slug) var id: Slug

    @Option(
        help: ArgumentHelp(
            "The fields from the next version on: [{\"name\",\"type\",\"id\"?,\"required\"?}].",
            valueName: "json"))
    var schema: String?

    @OptionGroup var breaking: BreakingOptions

    @Flag(help: "Take back what was said: the next version has the fields of this one.") var keep = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard !keep || schema == nil else { throw ValidationError("give --schema or --keep, not both") }
        guard schema != nil || breaking.agreements.isEmpty else {
            throw ValidationError("--break is for fields that change: give --schema")
        }
    }

    func run() async throws {
        let client = try hub.client()
        let path = "/api/v1/datasets/\(id)/fields"
        if keep { _ = try await client.call(.delete, path) }
        let answer: JSON
        if let schema {
            answer = try await FieldRequest(schema, breaking: breaking).send(to: id, by: client)
        } else {
            answer = try await FieldRequest.required(client.call(.get, path))
        }
        try hub.output.answer(answer, Self.text(answer))
    }

    static func text(_ answer: JSON) -> String {
        let columns = ["name", "id", "type", "required"]
        func table(_ member: String) -> String {
            let rows = (answer[member]?.array ?? []).map { field in columns.map { field[$0]?.plainText ?? "" }
            }
            return TextTable(columns: columns, rows: rows).text
        }
        guard answer["next"] ?? .null != .null else { return table("fields") }
        return ([table("fields"), ""] + FieldRequest.changes(answer) + ["", table("next")])
            .joined(separator: "\n")
    }
}
