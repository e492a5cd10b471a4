import Foundation
import Model
import PolicyEngine
import Testing
import TestSupport

@Suite("The fuzzer's corpus")
struct FuzzCorpusTests {
    private static let folder = PolicyWorld.root.appending(path: "Fuzz/corpus/policy")

    @Test("Every input is taken without a trap, and cut anywhere too") func replay() throws {
        let purposes = try PolicyWorld.library().purposes
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        #expect(names.count >= 10)
        var outcomes: [Decision.Outcome] = []
        for name in names {
            let bytes = Array(try Data(contentsOf: Self.folder.appending(path: name)))
            if let outcome = PolicyTorture.run(bytes, purposes: purposes) { outcomes.append(outcome) }
            for length in stride(from: 0, to: bytes.count, by: 37) {
                let cut = PolicyTorture.run(Array(bytes[..<length]), purposes: purposes)
                #expect(cut != .permit, "\(name) cut at \(length)")
            }
        }
        #expect(outcomes.contains(.deny))
    }
}
