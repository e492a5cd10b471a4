import Testing

@Suite("Unsafe constructs stay where they are expected, and unchecked promises say why")
struct SafetyRulesTests {
    @Test("The repository keeps to it")
    func repository() throws {
        let sources = try Repository.sources()
        for (path, text) in sources { expectNone(SafetyRules.findings(path: path, text: text)) }
    }

    @Test(
        "The word is found in code, whatever it does there",
        arguments: [
            "let a = unsafe b", "nonisolated(unsafe) var x = 1", "@unsafe func f() {}", "\"\\(unsafe x)\"",
            "try unsafe f()",
        ])
    func finds(code: String) {
        #expect(SafetyRules.findings(path: "Sources/Gateway/A.swift", text: "\n" + code).map(\.line) == [2])
    }

    @Test(
        "The word in a comment, a text or a longer word is no finding",
        arguments: ["// unsafe", "\"unsafe\"", "withUnsafeBytes()", "unsafeCount()", "_unsafe"])
    func ignores(code: String) {
        #expect(SafetyRules.findings(path: "Sources/Gateway/A.swift", text: code) == [])
    }

    @Test(
        "Only the files of the fence may say it",
        arguments: [
            ("Sources/Cryptography/Keys/Key.swift", true), ("Sources/AuditLog/Files/SystemFiles.swift", true),
            ("Sources/AuditLog/Sequencer.swift", false), ("Sources/DataPlane/Storage/Disk.swift", true),
            ("Sources/DataPlane/Storage/MappedFile.swift", true), ("Sources/DataPlane/Filter.swift", false),
            ("Sources/DataPlane/CSV/StructureScan.swift", true),
            ("Sources/DataPlane/CSV/CSVScanner.swift", false),
            ("Sources/Gateway/StructureScan.swift", false),
            ("Sources/DataPlane/Compression/GzipDecoder.swift", true),
            ("Sources/DataPlane/Compression/Decompressor.swift", false),
            ("Sources/DataPlane/Ingest/ZstdDecoder.swift", false),
            ("Sources/Gateway/Journal.swift", false), ("Sources/Cryptography.swift", false),
        ])
    func fence(path: String, isAllowed: Bool) { #expect(SafetyRules.mayBeUnsafe(path) == isAllowed) }

    @Test(
        "A promise without a reason directly above is found",
        arguments: [
            ("final class A: @unchecked Sendable {}", [1]),
            ("// Why.\n\nfinal class A: @unchecked Sendable {}", [3]),
            ("let a = 1\nextension A: @unchecked Sendable {}", [2]),
            ("// Why.\nextension A: @unchecked Sendable {}", []),
            ("/// Guarded by a lock.\n@frozen\npublic struct A: @unchecked Sendable {}", []),
            ("// @unchecked Sendable", []),
        ])
    func promises(text: String, lines: [Int]) {
        #expect(SafetyRules.findings(path: "Sources/Gateway/A.swift", text: text).map(\.line) == lines)
    }
}
