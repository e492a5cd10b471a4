import ArgumentParser
import DataPlane
import Model

struct DatasetAppendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "append",
        abstract: "Add the rows of a CSV or NDJSON file to a dataset, as its provider.",
        discussion: """
            The end of the file's name says what it holds, as for publish. The rows come to those that are \
            there, in a new version; grants hold for them too.
            """)

    @Argument(help: "The dataset.", transform: ArgumentReader.slug) var id: Slug

    @Option(help: ArgumentHelp("The rows, CSV or NDJSON in UTF-8.", valueName: "file")) var file: String

    @Option(help: "What to do with bad lines: refuse the file, or quarantine them.")
    var badLines = DatasetPublishCommand.BadLines.refuse

    @Flag(
        help:
            "Go on with the upload of this file that broke off, in 15 minutes and the same run of the hub."
    )
    var resume = false

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let answer = try await Publication.send(
            file, FileKind(path: file), .post, to: id, badLines: badLines.policy, resumes: resume,
            by: hub.client())
        try hub.output.answer(answer, DatasetPublishCommand.text(answer))
    }
}

extension DatasetPublishCommand.BadLines {
    var policy: IngestShape.BadLinePolicy { self == .refuse ? .refuse : .quarantine }
}
