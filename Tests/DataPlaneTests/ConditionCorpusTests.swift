import DataPlane
import Foundation
import Testing

@Suite("The corpus of the conditions' fuzzer")
struct ConditionCorpusTests {
    private static let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/corpus/condition")

    @Test("every input is taken without a trap, and cut anywhere too") func replay() throws {
        let hub = try Hub()
        let version = try #require(try ConditionTorture.version(in: hub.directory))
        #expect(version.rowCount == ConditionTorture.rows)
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        var counts: [String: Int] = [:]
        for name in names {
            let bytes = Array(try Data(contentsOf: Self.folder.appending(path: name)))
            counts[name] = ConditionTorture.run(bytes, on: version)
            for length in bytes.indices { _ = ConditionTorture.run(Array(bytes[..<length]), on: version) }
        }
        #expect(
            counts == [
                "dates.txt": 2, "keywords.txt": 6, "list.txt": 4, "logic.txt": 4, "numbers.txt": 2,
                "quotes.txt": 6, "texts.txt": 4, "times.txt": 2,
            ])
    }
}
