import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Conditions as text")
struct ConditionParserTests {
    private static let fields = [
        Field(name: "n", type: .integer), Field(name: "d", type: .decimal), Field(name: "s", type: .string),
        Field(name: "b", type: .boolean), Field(name: "day", type: .date), Field(name: "at", type: .datetime),
        Field(name: "Ünï_1", type: .integer), Field(name: "flight no", type: .integer),
        Field(name: "and", type: .integer), Field(name: "q\"q", type: .integer),
    ]

    private static func program(_ text: String) throws -> ConditionProgram {
        try ConditionProgram(Condition(text), fields: fields)
    }

    @Test(
        "what can be asked",
        arguments: [
            "n=1", " n = -1 ", "n<-1", "n>=0\n", "d != -1.50e+3", "d > 1E-400",
            "s = ''", "s = 'it''s' and s != '\"'", "s in ('a','b' , 'c')", "n IN(1)", "n is null",
            "n Is Not NULL", "b = TRUE or b=false", "b in (true,false)", "not b = true", "not not (n = 1)",
            "((n = 1))", "n = 1 and n = 2 or n = 3 and not (n = 4 or n = 5)", "day = '2024-02-29'",
            "at < '2024-02-29 12:00:00.123456789+01:00'", "at in ('2024-02-29T00:00:00z')", "Ünï_1 = 1",
            "\"flight no\" = 1", "\"and\" = 1 and \"n\"=1", "\"q\"\"q\" is null", "n = 1.5", "d = 1",
            "n = 123456789012345678901234567890123456789012345678901234567890", "n\t=\r\n1", "(n=1)and(n=2)",
        ])
    func good(text: String) throws {
        #expect(throws: Never.self) { try Self.program(text) }
    }

    @Test("what cannot be understood, and where")
    func bad() throws {
        for (text, position, found) in [
            ("", 1, "the end"), ("   ", 4, "the end"), ("n", 2, "the end"), ("n =", 4, "the end"),
            ("n = 1 and", 10, "the end"), ("n = 1 n", 7, "n"), ("n == 1", 4, "="), ("n <> 1", 4, ">"),
            ("n ! 1", 3, "!"), ("n = s", 5, "s"), ("n = 'a", 5, "'a"), ("s = 'it's'", 9, "s"),
            ("\"n = 1", 1, "\"n = 1"), ("\"\" = 1", 1, "\"\""), ("n = 01", 5, "01"), ("n = +1", 5, "+1"),
            ("n = .5", 5, ".5"), ("n = 1.", 5, "1."), ("n = 1e", 5, "1e"), ("n = 1e999", 5, "1e999"),
            ("n = 1and n = 2", 5, "1and"), ("n = 0x10", 5, "0x10"), ("n = --1", 5, "--1"),
            ("n = NaN", 5, "NaN"),
            ("n = 1e-1234567890123456789", 5, "1e-1234567890123456789"), ("n = -", 5, "-"),
            ("and = 1", 1, "and"), ("NULL is null", 1, "NULL"), ("'n' = 1", 1, "'n'"), ("1 = n", 1, "1"),
            ("n is", 5, "the end"), ("n is 1", 6, "1"), ("n is not 1", 10, "1"), ("n = null", 5, "null"),
            ("n in 1", 6, "1"), ("n in ()", 7, ")"), ("n in (1", 8, "the end"), ("n in (1,)", 9, ")"),
            ("n in (1 2)", 9, "2"), ("n in (n)", 7, "n"), ("(n = 1", 7, "the end"), ("n = 1)", 6, ")"),
            ("n not in (1)", 3, "not"), ("n between 1 and 2", 3, "between"), ("n = 1; drop", 6, ";"),
            ("flight-no = 1", 7, "-no"), ("s like 'a'", 3, "like"), ("s = `a`", 5, "`"),
            ("n\u{A0}= 1", 2, "\u{A0}"),
            ("é = 1 §", 7, "§"), ("n = 1\0", 6, "\0"), ("🛫 = 1", 1, "🛫"), ("not", 4, "the end"),
            ("()", 2, ")"),
        ] {
            let fault = #expect(throws: ClientFault.self) { try Condition(text) }
            #expect(fault?.code == "where_malformed", "\(text)")
            #expect(
                fault?.message.hasSuffix("at character \(position)") == true,
                "\(text): \(fault?.message ?? "")")
            #expect(fault?.found == found, "\(text)")
            #expect(fault?.field == "where" && fault?.kind == .badInput && fault?.expected != nil)
        }
    }

    @Test("a field that is none, and values of another type than their field's")
    func types() throws {
        for (text, code, found) in [
            ("x = 1", "field_unknown", "x"), ("N = 1", "field_unknown", "N"),
            ("n = '1'", "where_wrong_type", "'1'"),
            ("n = true", "where_wrong_type", "true"), ("d in (1, 'a')", "where_wrong_type", "'a'"),
            ("s = 1", "where_wrong_type", "1"), ("s = true", "where_wrong_type", "true"),
            ("b = 'true'", "where_wrong_type", "'true'"), ("b = 1", "where_wrong_type", "1"),
            ("b < true", "where_wrong_type", "<"), ("b >= false", "where_wrong_type", ">="),
            ("day = '2023-02-29'", "where_wrong_type", "'2023-02-29'"),
            ("day = '2024-02-29T00:00:00'", "where_wrong_type", "'2024-02-29T00:00:00'"),
            ("at = '2024-02-29'", "where_wrong_type", "'2024-02-29'"), ("at = 1", "where_wrong_type", "1"),
            ("at = '2024-02-29T24:00:00'", "where_wrong_type", "'2024-02-29T24:00:00'"),
        ] {
            let fault = #expect(throws: ClientFault.self) { try Self.program(text) }
            #expect(fault?.code == code && fault?.found == found, "\(text): \(fault.map(String.init) ?? "")")
            #expect(fault?.field == "where" && fault?.kind == .badInput && fault?.expected != nil)
        }
    }

    @Test("fields are named once, in the order of their mention")
    func names() throws {
        let condition = try Condition("b = true or (n = 1 and \"b\" = false) or not x in (1) or n is null")
        #expect(condition.fieldNames == ["b", "n", "x"])
    }

    @Test("what is too large is refused, one less is not")
    func bounds() throws {
        func fault(_ text: String) -> ClientFault? {
            do {
                _ = try Self.program(text)
                return nil
            } catch {
                return error as? ClientFault
            }
        }
        let tooLarge = ClientFault(.badInput, "where_too_large", "", field: "where")
        let long = "s = '" + String(repeating: "x", count: Condition.maximumTextBytes - 6) + "'"
        #expect(fault(long) == nil && fault(long + " ") == tooLarge)
        // With the group that `or` makes, a thousand.
        let short = [String](repeating: "(n=1)", count: 999).joined(separator: "or")
        #expect(fault(short) == nil && fault(short + "or(n=1)") == tooLarge)
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "n=1" + String(repeating: ")", count: depth)
        }
        #expect(fault(nested(64)) == nil && fault(nested(65)) == tooLarge && fault(nested(4_000)) == tooLarge)
        func nots(_ count: Int) -> String { String(repeating: "not ", count: count) + "n=1" }
        #expect(fault(nots(64)) == nil && fault(nots(65)) == tooLarge && fault(nots(2_000)) == tooLarge)
        func list(_ count: Int) -> String {
            "n in (" + [String](repeating: "1", count: count).joined(separator: ",") + ")"
        }
        #expect(fault(list(1_000)) == nil && fault(list(1_001)) == tooLarge)
        #expect(fault("\"" + "e" + String(repeating: "\u{301}", count: 4_000) + "\" = 1") != nil)
    }

    @Test("noise never traps, and a condition cut anywhere is refused or another condition")
    func noise() throws {
        var random = SeededGenerator.announced("conditions of noise")
        let pieces = [
            "n", "d", "s", "b", "\"", "'", "''", "(", ")", ",", "=", "!=", "<", ">=", "1", "-", "1e9", "and ",
            " or ", "not ", "in", " is ", "null", "true", " ", "é", "\u{301}", "\0", "x", "9999999999", ".",
        ]
        for _ in 0..<50_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...20, using: &random) { text += random.pick(pieces) }
            do {
                _ = try Self.program(text)
            } catch {
                #expect(error is ClientFault)
            }
        }
        let first = "not (n in (1, 2) or s = 'it''s')"
        let whole = first + " and (\"flight no\" is not null or at < '2024-02-29T00:00:00Z')"
        for length in 0..<whole.count where length != first.count && length != first.count + 1 {
            #expect(throws: ClientFault.self) { try Self.program(String(whole.prefix(length))) }
        }
    }
}
