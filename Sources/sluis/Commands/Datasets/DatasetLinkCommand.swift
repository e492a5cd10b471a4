import ArgumentParser
import Model

struct DatasetLinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link", abstract: "Say which owner each owner key is, as the dataset's provider.",
        discussion: """
            The file has the columns owner_key,owner or owner_key,owner,from,to; an empty owner ends a link. \
            In a dataset with a time column a key may stand on several lines, one for each time in which it \
            was somebody's: from the moment `from` on, and before `to`; empty is without an end.
            """
    )

    /// What the hub takes of links at once.
    static let maximumBytes = 32 << 20

    @Argument(help: "The dataset.", transform: ArgumentReader.slug) var id: Slug

    @Option(help: ArgumentHelp("The links, CSV.", valueName: "csv")) var file: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let links = try Self.links(file)
        let answer = try await hub.client().call(
            .put, "/api/v1/datasets/\(id)/links", body: .bytes(links, "text/csv"))
        let json = try answer.members("links", "entry")
        try hub.output.answer(
            json, "linked \(json["links"]?.integer ?? 0) owner keys of \(id) (\(json.entryText))")
    }

    /// The file, if its header is one of links.
    static func links(_ path: String) throws -> [UInt8] {
        let bytes = try InputFile.bytes(path, option: "--file", maximumBytes: maximumBytes)
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        var header = String(decoding: line, as: UTF8.self).filter { $0 != "\"" }
        if header.unicodeScalars.first == "\u{FEFF}" { header.unicodeScalars.removeFirst() }
        guard ["owner_key,owner", "owner_key,owner,from,to"].contains(header) else {
            throw ClientFault(
                .badInput, "bad_header", "`\(path)` has not the columns of links", field: "--file",
                found: header,
                expected: "owner_key,owner or owner_key,owner,from,to")
        }
        return bytes
    }
}
