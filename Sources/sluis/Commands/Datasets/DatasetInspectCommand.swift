import ArgumentParser
import Model

struct DatasetInspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say what a dataset is made of, as its provider or the operator.",
        discussion: """
            Its versions, fields, segments and files with their checksums, what text, structure and owners \
            take on the disk, what a merge would put together, and of which fields the hub has made a copy \
            for those who read them again and again. It reads no rows.
            """)

    @Argument(help: "The dataset.", transform: ArgumentReader.slug) var id: Slug

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let answer = try await hub.client().call(.get, "/api/v1/datasets/\(id)/inspection").members(
            "dataset", "provider", "title", "owner_rule", "versions", "stored", "projections", "upstream")
        try hub.output.answer(answer, Self.text(answer))
    }

    static func text(_ answer: JSON) -> String {
        let head = "\(answer["dataset"]?.string ?? ""): \(answer["title"]?.string ?? "")"
        guard let stored = answer["stored"], stored != .null else { return head + "\nno data yet" }
        func number(_ name: String) -> Int64 { stored[name]?.integer ?? 0 }
        let merge = stored["merge"].flatMap { merge in
            merge["segments"]?.integer.map { count in
                "\na merge would make the last \(count) segments one, of \(merge["rows"]?.integer ?? 0) rows"
                    + " and \(merge["bytes"]?.integer ?? 0) bytes"
            }
        }
        let (rows, owners) = (number("rows"), number("owners"))
        let columns = ["version", "rows", "owners", "ownerless_rows", "bytes", "published_at"]
        if let upstream = answer["upstream"], let url = upstream["url"]?.string {
            return """
                \(head)
                version \(number("version")), connected with version \(number("base"))
                the rows stay at \(url) (\(upstream["format"]?.string ?? "")\
                \(upstream["has_bearer"] == true ? ", with a bearer token" : ""))

                \(table(stored["fields"], ["name", "id", "type", "required"]))

                \(table(answer["versions"], ["version", "bytes", "published_at"]))
                """
        }
        return """
            \(head)
            version \(number("version")), all rows replaced with version \(number("base"))
            \(rows) rows of \(owners) owners; \(number("ownerless_rows")) rows of nobody; \
            \(number("bad_lines")) lines set aside
            \(sizes(stored["sizes"] ?? .null))

            \(table(stored["fields"], ["name", "id", "type", "required"]))

            \(segments(stored))

            \(files(stored))

            \(table(answer["versions"], columns))
            """ + (merge ?? "") + projections(answer)
    }

    private static func projections(_ answer: JSON) -> String {
        (answer["projections"]?.array ?? []).map { projection in
            let names = (projection["fields"]?.array ?? []).map(\.plainText).joined(separator: ", ")
            return "\na projection of \(names) takes \(projection["bytes"]?.integer ?? 0) bytes"
        }.joined()
    }

    /// What structure and owners take over the text.
    private static func sizes(_ sizes: JSON) -> String {
        let text = sizes["text_bytes"]?.integer ?? 0
        func share(_ name: String) -> String {
            let bytes = sizes[name]?.integer ?? 0
            return "\(bytes)" + (text > 0 ? " (\(bytes * 100 / text) % of it)" : "")
        }
        return "\(sizes["bytes"]?.integer ?? 0) bytes: text \(text), structure \(share("structure_bytes")), "
            + "owners \(share("owner_bytes"))"
    }

    private static func table(_ items: JSON?, _ columns: [String]) -> String {
        let rows = (items?.array ?? []).map { item in columns.map { item[$0]?.plainText ?? "" } }
        return TextTable(columns: columns, rows: rows).text
    }

    private static func segments(_ stored: JSON) -> String {
        let rows = (stored["segments"]?.array ?? []).enumerated().map { index, segment in
            ["\(index + 1)"] + ["version", "rows", "blocks"].map { segment[$0]?.plainText ?? "" }
                + ["text_bytes", "structure_bytes", "owner_bytes"].map {
                    segment["sizes"]?[$0]?.plainText ?? ""
                }
        }
        return TextTable(
            columns: ["segment", "version", "rows", "blocks", "text", "structure", "owners"], rows: rows
        ).text
    }

    private static func files(_ stored: JSON) -> String {
        let all =
            (stored["files"]?.array ?? [])
            + (stored["segments"]?.array ?? []).flatMap { $0["files"]?.array ?? [] }
        return table(.array(all), ["file", "bytes", "crc32c"])
    }
}
