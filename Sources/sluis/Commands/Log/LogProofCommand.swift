import ArgumentParser
import MerkleLog
import Model

struct LogProofCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proof", abstract: "Print the proof that an entry is in the log, a C2SP .tlog-proof.",
        discussion: "`sluis-verify --proof FILE --entry FILE --vkey KEY` checks it offline.")

    @Argument(help: "The index of the entry.") var index: UInt64

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let answer = try await hub.client().call(.get, "/log/proof/\(index)", on: .people)
        let text = try Self.proof(answer.bytes, index: index)
        try hub.output.answer(
            ["index": .integer(Int64(clamping: index)), "proof": .string(text)],
            text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }

    /// The answer, if it is a proof of that entry; whether it holds is for a verifier with a key to say.
    static func proof(_ bytes: [UInt8], index: UInt64) throws -> String {
        guard let proof = try? TlogProof(bytes), proof.index == index else {
            throw Refusal("the hub's answer is no proof of entry \(index)")
        }
        return proof.text
    }
}
