import ArgumentParser
import Model
import Synchronization

struct DatasetVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every block of a dataset against its checksum, as its provider or the operator.",
        discussion: """
            The hub reads all files of the version that readers get, beside its other work; to interrupt the \
            command ends that. Status 1: a file or block is not what was written.
            """)

    @Argument(help: "The dataset.", transform: ArgumentReader.slug) var id: Slug

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let progress = ProgressMeter("bytes verified")
        let lines = Mutex(AnswerLines())
        _ = try await hub.client().download(
            "/api/v1/datasets/\(id)/verification",
            onBytes: { bytes in
                let last = try lines.withLock { try $0.take(bytes) }
                if let done = last?["bytes"]?.integer, let total = last?["total_bytes"]?.integer {
                    progress.set(UInt64(done), total: UInt64(total))
                }
            })
        progress.end()
        let last = lines.withLock { $0.last } ?? .null
        guard let isVerified = last["verified"]?.bool else {
            throw Refusal("the verification broke off; try again")
        }
        try hub.output.answer(last, Self.text(last))
        if !isVerified { throw Refusal("`\(id)` is damaged: \(last["remedy"]?.string ?? "")") }
    }

    static func text(_ last: JSON) -> String {
        if last["verified"]?.bool == true {
            return "verified \(last["blocks"]?.integer ?? 0) blocks, \(last["rows"]?.integer ?? 0) rows"
        }
        let block = last["block"]?.integer.map { "block \($0) of " } ?? ""
        return "failed: \(block)\(last["file"]?.string ?? ""): \(last["cause"]?.string ?? "")"
    }
}
