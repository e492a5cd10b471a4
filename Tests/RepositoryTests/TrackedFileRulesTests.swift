import Testing

@Suite("Keys, leftovers and traces of one machine stay out of the repository")
struct TrackedFileRulesTests {
    @Test("The repository holds none", .enabled(if: Repository.isGitCheckout, "needs a git checkout"))
    func repository() throws {
        let paths = try Repository.trackedFiles()
        #expect(paths.contains("Makefile"))
        for path in paths {
            expectNone(TrackedFileRules.findings(path: path, text: try Repository.text(path)))
        }
    }

    @Test(
        "A key is found wherever it lies, in every PEM form",
        arguments: ["", "EC ", "RSA ", "ENCRYPTED ", "OPENSSH "])
    func keys(kind: String) {
        let pem = "x\n-----BEGIN \(kind)PRIVATE" + " KEY-----\nMIGH"
        #expect(TrackedFileRules.findings(path: "docs/a.md", text: pem).map(\.line) == [2])
        #expect(TrackedFileRules.findings(path: "Tests/A/a.swift", text: pem).map(\.line) == [2])
        #expect(TrackedFileRules.findings(path: "a", text: "-----BEGIN \(kind)PUBLIC KEY-----") == [])
    }

    @Test(
        "Words that leave work undone are found in sources and tests, as words",
        arguments: [
            ("Sources/M/A.swift", "// TO" + "DO: x", 1), ("Tests/M/A.py", "# FIX" + "ME", 1),
            ("docs/a.md", "TO" + "DO", 0),
            ("Sources/M/A.swift", "MASTO" + "DON", 0), ("Sources/M/A.swift", "to" + "do", 0),
        ])
    func leftovers(path: String, text: String, count: Int) {
        #expect(TrackedFileRules.findings(path: path, text: text).count == count)
    }

    @Test("The product does not name the vectors' folder; tests may")
    func vectors() {
        let text = "let a = \"../sha" + "red/vectors\""
        #expect(TrackedFileRules.findings(path: "Sources/M/A.swift", text: text).count == 1)
        #expect(TrackedFileRules.findings(path: "Tests/M/A.swift", text: text) == [])
    }

    @Test(
        "Absolute paths of the machine it was written on are found anywhere",
        arguments: ["/wo" + "rk/main", "/op" + "t/swift/usr"])
    func machines(text: String) {
        for path in ["Makefile", "docs/a.md", "Sources/M/A.swift"] {
            #expect(TrackedFileRules.findings(path: path, text: "see " + text).count == 1)
        }
        #expect(TrackedFileRules.findings(path: "a", text: "network/main option/swift") == [])
    }

    @Test(
        "Products of the build and files called like keys are not tracked",
        arguments: [
            ("Package.resolved", 1), ("Benchmarks/Package.resolved", 1), (".build/release/sluis", 1),
            ("Certs/ca.key", 1),
            ("a/b.p12", 1), ("Package.swift", 0), ("Sources/M/Key.swift", 0),
        ])
    func names(path: String, count: Int) {
        #expect(TrackedFileRules.findings(path: path, text: "").count == count)
    }
}
