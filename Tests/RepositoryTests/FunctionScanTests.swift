import Testing

@Suite("Functions are found and measured by counting braces")
struct FunctionScanTests {
    private func scan(_ text: String) -> [String] {
        FunctionScan.bodies(in: text).map { "\($0.name) \($0.line) \($0.lineCount)" }
    }

    @Test(
        "Each kind of declaration with a body is found with its lines",
        arguments: [
            ("func a() { 1 }", ["a 1 1"]), ("func a(\n  b: Int\n) throws(E) -> [Int] {\n}", ["a 1 4"]),
            ("func a<T: P>(x: (T) -> Void = { _ in }) -> T where T: Q {\n}", ["a 1 2"]),
            ("init?(a: Int) { }", ["init 1 1"]), ("init<T>(a: T) { }", ["init 1 1"]),
            ("deinit {\n}", ["deinit 1 2"]),
            ("subscript(a: Int) -> Int {\n  get { 1 }\n}", ["subscript 1 3"]),
            ("static func < (a: A, b: A) -> Bool { a.b < b.b }", ["< 1 1"]),
            ("var a: Int { 1 }", ["a 1 1"]), ("var a: [Int: (A) -> B] {\n  get {\n}\n}", ["a 1 4"]),
            ("func a() {\n  func b() {\n}\n}", ["a 1 4", "b 2 2"]),
            ("struct S { func a() {}\n  func b() {} }", ["a 1 1", "b 2 1"]),
            ("func a() -> some P {\n  if x { y } else { z }\n}", ["a 1 3"]),
        ])
    func finds(text: String, expected: [String]) { #expect(scan(text) == expected) }

    @Test(
        "What has no body of its own is not",
        arguments: [
            "protocol P {\n  func a() throws -> Int\n  var b: Int { 1 }.c\n}", "let f = A.init(b: 1) { 2 }",
            "self.init(a: 1)",
            "var a = { 1 }()", "var a: Int = b {\n}", "let a: Int", "var a: Int\nvar c: B", "// func a() { }",
            "\"func a() { }\"",
            "func", "func a(", "func a() {", "init", "var",
        ])
    func ignores(text: String) { #expect(scan(text).filter { !$0.hasPrefix("b ") } == []) }

    @Test("A requirement does not take the body of the declaration after it")
    func requirements() {
        #expect(
            scan("protocol P {\n  func a() -> Int\n  init(x: Int)\n}\nextension P {\n  func c() {\n  }\n}")
                == ["c 6 2"])
    }

    @Test("Braces in texts and comments do not count")
    func braces() { #expect(scan("func a() {\n  f(\"}\") // }\n  /* } */\n}") == ["a 1 4"]) }
}
