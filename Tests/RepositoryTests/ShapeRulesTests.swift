import Testing

@Suite("Files and functions are small, and files are named after what they hold")
struct ShapeRulesTests {
    @Test("The product keeps to it")
    func repository() throws {
        let sources = try Repository.sources()
        for (path, text) in sources { expectNone(ShapeRules.findings(path: path, text: text)) }
        expectNone(ShapeRules.medianFindings(sources))
    }

    @Test("Lines of tests are no wider")
    func tests() throws {
        let paths = Repository.files(under: "Tests", ending: ".swift")
        #expect(!paths.isEmpty)
        for path in paths { expectNone(ShapeRules.wideLines(path: path, text: try Repository.text(path))) }
    }

    private func messages(_ path: String, _ text: String) -> [String] {
        ShapeRules.findings(path: path, text: text).map(\.message)
    }

    @Test("400 lines pass, 401 do not")
    func fileLength() {
        let text = "struct A {}\n" + String(repeating: "\n", count: 399)
        #expect(messages("Sources/M/A.swift", text) == [])
        #expect(messages("Sources/M/A.swift", text + "\n") == ["has 401 lines, more than 400"])
    }

    @Test("110 columns pass, 111 do not, whatever the script")
    func width() {
        for letter in ["x", "é", "日"] {
            let line = "struct A {} // " + String(repeating: letter, count: 95)
            #expect(messages("Sources/M/A.swift", "\n" + line) == [])
            #expect(
                ShapeRules.findings(path: "Sources/M/A.swift", text: "\n" + line + letter).map(\.line) == [2])
        }
    }

    @Test(
        "50 lines of function pass, 51 do not; a property counts as well",
        arguments: ["func a() {", "init() {", "deinit {", "subscript(i: Int) -> Int {", "var a: Int {"])
    func functionLength(signature: String) {
        func file(_ lines: Int) -> String {
            "struct A {\n\(signature)" + String(repeating: "\n", count: lines - 1) + "}\n}"
        }
        #expect(messages("Sources/M/A.swift", file(50)) == [])
        #expect(ShapeRules.findings(path: "Sources/M/A.swift", text: file(51)).map(\.line) == [2])
    }

    @Test(
        "A file without a type of its name is found",
        arguments: [
            ("A.swift", "struct B {}", false), ("A.swift", "// struct A", false),
            ("A.swift", "func f(a: B) {}", false),
            ("Fault.swift", "public struct ClientFault {}", true),
            ("JSON+Text.swift", "extension JSON {}", true),
            ("Grant.swift", "extension Model.Grant: P {}", true), ("main.swift", "run()", true),
            ("OutboxStore.swift", "protocol OutboxStore {}", true), ("A.swift", "let struct1 = A", false),
            ("LittleEndian.swift", "extension Int { var littleEndianBytes: Int { 1 } }", true),
        ])
    func names(file: String, text: String, isFine: Bool) {
        #expect(messages("Sources/M/\(file)", text).isEmpty == isFine)
    }

    @Test("The medians are bounds of their own")
    func medians() {
        #expect(
            ShapeRules.median([]) == 0 && ShapeRules.median([3, 1, 2]) == 2 && ShapeRules.median([1, 2]) == 2)
        let short = ("A.swift", "func a() {\n1\n}\n")
        let long = ("B.swift", "func a() {" + String(repeating: "\n", count: 151) + "}")
        #expect(ShapeRules.medianFindings([short, short, long]) == [])
        #expect(ShapeRules.medianFindings([short, long, long]).count == 2)
        #expect(ShapeRules.medianFindings([("A.swift", "func a() {\n\n\n\n\n\n\n}")]).count == 1)
    }
}
