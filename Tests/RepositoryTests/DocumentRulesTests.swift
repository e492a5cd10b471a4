import Foundation
import Testing

@Suite("Documents exist, and their links lead somewhere")
struct DocumentRulesTests {
    private func read(_ path: String) -> String? {
        guard Repository.exists(path) else { return nil }
        return (try? Repository.text(path)) ?? ""
    }

    @Test(
        "What a stranger looks for first is there",
        arguments: ["README.md", "CHANGELOG.md", "LICENSE", "Makefile", ".ci/run"])
    func basics(path: String) throws { #expect(try !Repository.text(path).isEmpty) }

    @Test("The licence is Apache 2.0, whole")
    func licence() throws {
        let text = try Repository.text("LICENSE")
        #expect(text.contains("Apache License") && text.contains("Version 2.0, January 2004"))
        #expect(text.contains("END OF TERMS AND CONDITIONS"))
    }

    @Test("No relative link in README or docs is broken")
    func repository() throws {
        for path in ["README.md", "CHANGELOG.md"].filter(Repository.exists)
            + Repository.files(under: "docs", ending: ".md")
        {
            expectNone(DocumentRules.brokenLinks(path: path, text: try Repository.text(path), read: read))
        }
    }

    @Test("Decision records are numbered from 0001 without a gap")
    func decisions() {
        let names = Repository.files(under: "docs/decisions").map {
            String($0.dropFirst("docs/decisions/".count))
        }
        #expect(!names.isEmpty)
        expectNone(DocumentRules.decisionFindings(names))
    }

    @Test(
        "A wrong name, a gap, a double and a wrong start are found",
        arguments: [
            (["0001-a.md", "0002-b-c.md"], 0), ([], 0), (["0002-a.md"], 1), (["0000-a.md", "0001-b.md"], 1),
            (["0001-a.md", "0003-b.md"], 1), (["0001-a.md", "0001-b.md"], 1),
            (["0001-a.md", "README.md"], 1),
            (["1-a.md"], 1), (["0001-A.md"], 1), (["0001-a.txt"], 1), (["0001-.md"], 1),
            (["drafts/0001-a.md"], 1),
        ] as [([String], Int)])
    func decisionNames(names: [String], count: Int) {
        #expect(DocumentRules.decisionFindings(names).count == count)
    }

    /// A small tree: what each path holds.
    private let tree = [
        "README.md": "# Top", "docs/a.md": "# A `b` c\n## A b c\n## It's [x](y), 2.0!", "docs": "",
        "Makefile": "",
    ]

    @Test(
        "Links to what is there pass",
        arguments: [
            "[a](docs/a.md)", "[a](./docs/a.md)", "![a](docs/a.md \"title\")", "[a](<docs/a.md>)",
            "[a]: docs/a.md",
            "[a](https://example.org/x)", "[a](mailto:a@example.org)", "[a](docs)", "[a](docs/)",
            "[a](docs/a.md#a-b-c)",
            "[a](docs/a.md#a-b-c-1)", "[a](docs/a.md#its-x-20)", "# Here\n[a](#here)", "`[a](b.md)`",
            "```\n[a](b.md)\n```",
            "~~~\n```\n[a](b.md)\n~~~", "[a](/Makefile)", "no [link] (b.md)",
        ])
    func whole(text: String) {
        #expect(DocumentRules.brokenLinks(path: "README.md", text: text) { tree[$0] } == [])
    }

    @Test(
        "Links to what is not are found, with their line",
        arguments: [
            "[a](b.md)", "[a](docs/b.md)", "[a](../README.md)", "[a]: b.md", "![a](a.png)",
            "[a](docs/a.md#nothing)",
            "[a](#nothing)", "[x](docs/a.md) and [a](b.md)", "```\ncode\n```[a](c)\n[a](b.md)",
            "[a](docs/a.md#a-b-c-2)",
        ])
    func broken(text: String) {
        let findings = DocumentRules.brokenLinks(path: "README.md", text: "\n" + text) { tree[$0] }
        #expect(findings.map(\.line) == [text.numberedLines.count + 1])
    }

    @Test("A link is read from the folder of its file")
    func relative() {
        #expect(
            DocumentRules.brokenLinks(path: "docs/a.md", text: "[a](../README.md) [b](a.md)") { tree[$0] }
                == [])
        #expect(DocumentRules.brokenLinks(path: "docs/a.md", text: "[a](README.md)") { tree[$0] }.count == 1)
    }
}
