import Cryptography
import Foundation
@testable import MerkleLog
import Model
import Testing
import TestSupport

/// The add-checkpoint requests of a published test script, with what each answer must be.
struct WitnessScript {
    struct Step {
        let body: [UInt8]
        let status: Int
        /// What the answer's body must hold, or be.
        let holds: String?, equals: String?
    }

    let text: String
    let steps: [Step]

    init(_ name: String) throws {
        text = String(decoding: try Vectors.bytes("tlog/torchwood-litewitness/" + name), as: UTF8.self)
        steps = try text.components(separatedBy: "/add-checkpoint\n```\n").dropFirst().map { part in
            let halves = part.components(separatedBy: "\n```\n")
            let lines = halves[1].components(separatedBy: "\n")
            return Step(
                body: Array((halves[0] + "\n").utf8),
                status: try #require(lines[0].hasPrefix("HTTP ") ? Int(lines[0].dropFirst(5)) : nil),
                holds: Self.quoted(lines, after: "body contains "),
                equals: Self.quoted(lines, after: "body == "))
        }
    }

    /// The log that `witnessctl` adds in the script.
    func log() throws -> WitnessedLog {
        let lines = text.components(separatedBy: "\n")
        if let key = lines.first(where: { $0.contains("add-sigsum-log") })?.components(separatedBy: "-key=")
            .last
        {
            // c2sp.org has no such logs: Sigsum names one by the digest of its key.
            let raw = try #require(Hex.decode(key))
            let name = "sigsum.org/v1/tree/" + Hex.encode(SHA256.hash(raw))
            return try WitnessedLog(vkey: VerifierKey.text(name: name, type: .ed25519, key: raw))
        }
        let line = try #require(lines.first { $0.contains("add-key") })
        let parts = line.components(separatedBy: "'")
        let key = try #require(line.components(separatedBy: "-key ").last)
        return try WitnessedLog(origin: parts[1], keys: [NoteVerifier(vkey: key)])
    }

    /// The size that the witness must hold at the end.
    func finalSize() throws -> UInt64 {
        let tail = try #require(text.components(separatedBy: #"stdout "size":"#).dropFirst().first)
        return try #require(UInt64(tail.prefix { $0.isNumber }))
    }

    private static func quoted(_ lines: [String], after prefix: String) -> String? {
        guard let line = lines.first(where: { $0.hasPrefix(prefix) }) else { return nil }
        return String(line.dropFirst(prefix.count + 1).dropLast()).replacing("\\n", with: "\n")
    }
}

/// github.com/FiloSottile/torchwood, cmd/litewitness/testdata (ISC).
@Suite(.enabled(if: Vectors.areWanted("tlog/torchwood-litewitness"))) struct WitnessScriptTests {
    @Test(arguments: [("litewitness.txt", 9), ("sumdb.txt", 1)])
    func everyRequestGetsThePublishedAnswer(name: String, count: Int) throws {
        let script = try WitnessScript(name)
        #expect(script.steps.count == count)
        let signer = try CosignatureTests.witness("example.com/witness")
        let client = WitnessClient(key: try CosignatureVerifier(vkey: signer.vkey))
        let log = try script.log()
        var witness = Witness(signer: signer, logs: [log], state: WitnessState())
        for (number, step) in script.steps.enumerated() {
            let answer = witness.answer(step.body, at: 1_800_000_000) { _ in }
            #expect(answer.status == step.status, "request \(number): \(answer.text)")
            if let part = step.holds { #expect(answer.text.contains(part), "request \(number)") }
            if let whole = step.equals { #expect(answer.text == whole, "request \(number)") }
            #expect(step.holds != nil || step.equals != nil)
            if step.status == 409 { #expect(answer.contentType == "text/x.tlog.size") }
            guard step.status == 200 else { continue }
            let request = try WitnessRequest(step.body)
            #expect(request.body == step.body)
            guard case .cosigned = client.outcome(of: answer, to: request) else {
                Issue.record("request \(number) is not cosigned")
                continue
            }
        }
        print("witness requests run from \(name): \(script.steps.count)")
        #expect(witness.state.origins == [log.origin])
        #expect(try witness.state.head(of: log.origin).size == script.finalSize())
    }
}
