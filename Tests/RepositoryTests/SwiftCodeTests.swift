import Testing

@Suite("What counts as code in a Swift file")
struct SwiftCodeTests {
    @Test(
        "Comments and literals are blanked in place; everything else stays",
        arguments: [
            ("a // b { \"\nc", "a         \nc"),
            ("a /* { /* } */ { */ b", "a                   b"),
            (#"f("{ unsafe") + 1"#, #"f("        ") + 1"#),
            (#"f("\"{") }"#, #"f("   ") }"#),
            (#"f("a\(unsafe x("}"))b")"#, #"f("  (unsafe x(" ")) ")"#),
            (##"f(#"a"{\n"#)}"##, ##"f(#"     "#)}"##),
            (##"f(#"\(no)\#(yes)"#)"##, ##"f(#"       (yes)"#)"##),
            ("f(\"\"\"\n  { \" }\n  \"\"\") }", "f(\"\"\"\n       \n  \"\"\") }"),
            ("\"http://x\" + y // z", "\"        \" + y     "),
            ("#if a\n#expect(b)\n#endif", "#if a\n#expect(b)\n#endif"),
            ("\"never closed\n{", "\"            \n{"),
            ("", ""), ("\"", "\""), ("/*", "  "), ("\"\\", "\" "), ("\"\\(", "\" ("),
        ])
    func blanks(text: String, code: String) { #expect(SwiftCode.of(text) == code) }

    @Test("Lines stay where they were, in every file of the product")
    func lines() throws {
        for (path, text) in try Repository.sources() {
            #expect(SwiftCode.of(text).utf8.count { $0 == 10 } == text.utf8.count { $0 == 10 }, "\(path)")
        }
    }
}
