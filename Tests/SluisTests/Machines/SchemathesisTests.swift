import Foundation
import RemoteHub
import TestSupport
import Testing

@testable import sluis

/// A stranger reads `/openapi.json` and asks every route whatever the document lets him, as everybody.
@Suite("The hub does what its description says")
struct SchemathesisTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let program = root.appending(path: ".build/schemathesis").path

    @Test(
        "A thousand calls at random: no 5xx, no status and no body that is not described",
        .enabled(
            if: FileManager.default.fileExists(atPath: program + "/bin"),
            "Schemathesis is missing: make schemathesis, with a network"))
    func calls() throws {
        var random = SeededGenerator.announced("what Schemathesis asks")
        let cases = ProcessInfo.processInfo.environment["SLUIS_CASES"].flatMap { Int($0) } ?? 1000
        let ran = try Program.run(
            at: Self.root.appending(path: "Tests/OpenAPI/run-on-new-hub"),
            [
                "--brief", Program.folder.appending(path: "sluis").path, Self.program,
                String(min(cases, 10_000)),
                String(UInt16.random(in: .min ... .max, using: &random)),
            ])
        let last = ran.output.split(separator: "\n").last { $0.hasPrefix("schemathesis: ") } ?? ""
        #expect(ran.status == 0, "\(ran.output.suffix(8000))\(ran.errors.suffix(2000))")
        #expect(last.hasSuffix(", 0 failures"), "\(last)")
    }
}
