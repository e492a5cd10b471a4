import Foundation
import Model
import Testing

@testable import sluis
import TestSupport

/// The same story on the rows of citizens and of municipalities.
@Suite(
    .serialized,
    .enabled(
        if: Vectors.isOpenDataWanted,
        "needs Telraam's counts of Berlin (telraam.net) and Statbel's VAT enterprises (statbel.fgov.be)"))
struct OpenDataStoryTests {
    @Test(
        arguments: [
            ("telraam-berlin-2024q4.csv", "owner_id", "owner-001"),
            ("btw-ondernemingen-vlaanderen-2019.csv", "refnis", "11001"),
        ])
    func `the demo's counts are those of a public file`(
        file: String, ownerColumn: String, leaving: String
    ) throws {
        let data = Scratch.path("open")
        defer { try? FileManager.default.removeItem(atPath: data) }
        let path = Vectors.openData.appending(path: file).path
        let steps = try DemoTests.play(path, ownerColumn, data)
        let owner = steps.compactMap { $0["what"]?.string }.first { $0.hasSuffix(" withdraws") }
        #expect(owner == "the owner of \(leaving) withdraws")
        try DemoTests.expectCounts(of: path, steps, nobody: "", leaving: leaving)
        let verified = try Program.run("sluis", ["log", "verify", "--data", data])
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }
}
