import ArgumentParser
import Model

struct DatasetDeleteOwnerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete-owner",
        abstract: "Delete all rows of one owner key from a dataset, as its provider.",
        discussion: """
            The rows are gone from every file of the hub once the readers of the version before have ended. \
            What the log says of earlier reads stays; `sluis erase` is for a person's name in it.
            """)

    @Argument(help: "The dataset.", transform: ArgumentReader.slug) var id: Slug

    @Argument(help: "The owner key, as it stands in the owner column.", transform: ArgumentReader.text)
    var ownerKey: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let key = PercentEncoder.encode(ownerKey)
        let answer = try await hub.client().call(.delete, "/api/v1/datasets/\(id)/owners/\(key)")
        let json = try Publication.requirePublishAnswer(answer)
        try hub.output.answer(json, DatasetPublishCommand.text(json))
    }
}
