import Foundation
import Model
import PolicyEngine
import Testing
import TestSupport

/// Pairs of policies with verdicts that four solvers proved (Daham-Mustaf/odrl-benchmark on GitHub).
@Suite("Published conflicts", .enabled(if: Vectors.areWanted("odrl")))
struct ConflictVectorTests {
    let library: PolicyLibrary

    init() throws { library = try PolicyWorld.library() }

    @Test("Verdicts, and witnesses that an evaluation confirms") func verdicts() throws {
        let url = Vectors.folder.appending(path: "odrl/conflicts")
        let files = try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
        for file in files {
            let json = try JSON.parse(Array(Data(contentsOf: file)))
            let set = try PolicySet(#require(json["policies"]), purposes: library.purposes)
            let report = set.conflicts(.joint)
            let expected = json["expected"]?["verdict"]?.string
            #expect(report.verdict.rawValue == expected, "\(file.lastPathComponent)")
            guard report.verdict == .compatible else { continue }
            let witness = try #require(report.witness, "\(file.lastPathComponent)")
            let evaluation = try set.evaluate(request: witness.request, state: witness.state).json
            let rules = (evaluation["reports"]?.array ?? []).flatMap { $0["rules"]?.array ?? [] }
            #expect(rules.allSatisfy { $0["activation"] == "Active" }, "\(file.lastPathComponent)")
        }
        print("odrl/conflicts: \(files.count) cases")
        #expect(files.count == 20)
    }
}
