import Testing

@Suite("A module imports only modules on lower floors")
struct ImportRulesTests {
    @Test("The repository keeps to its floors")
    func repository() throws {
        let sources = try Repository.sources()
        #expect(!sources.isEmpty)
        for (path, text) in sources { expectNone(ImportRules.findings(path: path, text: text)) }
    }

    @Test(
        "Imports are found however they are written",
        arguments: [
            ("import Model", ["Model"]), ("public import Model\nimport COpenSSL", ["Model", "COpenSSL"]),
            ("@testable import A; import B", ["A", "B"]),
            ("@preconcurrency internal import struct GRDB.Row", ["GRDB"]),
            ("@_exported\timport\tC", ["C"]), ("// import A\n/* import B */\nlet x = \"import C\"", []),
            ("let text = \"\"\"\n    import A\n    \"\"\"", []), ("func important() {}", []),
            ("let import1 = 2", []),
            ("#if os(Linux)\nimport Glibc\n#endif", ["Glibc"]),
        ])
    func finds(text: String, modules: [String]) {
        #expect(ImportRules.imports(in: text).map(\.module) == modules)
    }

    @Test(
        "What the house forbids is found, with its line",
        arguments: [
            ("Sources/Model/A.swift", "Cryptography"), ("Sources/MerkleLog/A.swift", "PolicyEngine"),
            ("Sources/AuditLog/A.swift", "DataPlane"), ("Sources/RemoteHub/A.swift", "Registry"),
            ("Sources/Registry/Tables/A.swift", "Consent"),
            ("Sources/Tokens/A.swift", "COpenSSL"), ("Sources/sluis/A.swift", "COpenSSL"),
            ("Sources/Gateway/A.swift", "CZlib"), ("Sources/sluis/A.swift", "GRDB"),
            ("Sources/Consent/A.swift", "GRDB"),
            ("Sources/sluis-verify/A.swift", "AuditLog"), ("Sources/sluis-verify/A.swift", "Tokens"),
            ("Sources/PolicyEngine/A.swift", "Foundation"), ("Sources/Model/A.swift", "Glibc"),
            ("Sources/DataPlane/A.swift", "NIOCore"), ("Sources/DataPlane/A.swift", "HTTPTypes"),
            ("Sources/Gateway/A.swift", "Gateway"), ("Sources/Gateway/A.swift", "sluis"),
        ])
    func refuses(path: String, module: String) {
        let findings = ImportRules.findings(path: path, text: "// Why\nimport \(module)\n")
        #expect(findings.map(\.line) == [2])
        #expect(findings.allSatisfy { $0.message.contains(module) })
    }

    @Test(
        "What the house allows passes",
        arguments: [
            ("Sources/Cryptography/A.swift", "COpenSSL"), ("Sources/Registry/A.swift", "GRDB"),
            ("Sources/Consent/A.swift", "AuditLog"), ("Sources/sluis-verify/A.swift", "MerkleLog"),
            ("Sources/DataPlane/A.swift", "CZlib"), ("Sources/DataPlane/A.swift", "CZstd"),
            ("Sources/sluis/A.swift", "Gateway"), ("Sources/AuditLog/A.swift", "Glibc"),
            ("Sources/Gateway/A.swift", "NIOCore"), ("Sources/sluis-verify/A.swift", "ArgumentParser"),
            ("Sources/sluis-verify/A.swift", "RemoteHub"), ("Sources/RemoteHub/A.swift", "NIOSSL"),
        ])
    func allows(path: String, module: String) {
        #expect(ImportRules.findings(path: path, text: "import \(module)") == [])
    }

    @Test("A module without a floor, and a file outside every module, are findings")
    func strangers() {
        #expect(ImportRules.findings(path: "Sources/Helpers/A.swift", text: "").count == 1)
        #expect(ImportRules.findings(path: "Sources/A.swift", text: "").count == 1)
    }
}
