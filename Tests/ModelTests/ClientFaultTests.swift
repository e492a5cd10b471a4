import Testing

@testable import Model

@Suite("A client fault says in one line what was wrong, where, and what to do")
struct ClientFaultTests {
    @Test("All that is known stands in one line, in this order")
    func whole() {
        let fault = ClientFault(
            .badInput, "bad_slug", "not a name", field: "id", found: "A b", expected: Slug.expectation,
            remedy: "choose another name")
        #expect(
            fault.description
                == "`id`: not a name; found `A b`; expected 1 to 63 characters of a-z, 0-9 and `-`, not "
                + "beginning with `-` and not shaped like a UUID; choose another name")
    }

    @Test("What is not known leaves no trace, and a field already named is not named twice")
    func parts() {
        #expect(ClientFault(.notFound, "x", "no such dataset").description == "no such dataset")
        #expect(ClientFault(.notFound, "x", "no dataset `id`", field: "id").description == "no dataset `id`")
        #expect(
            ClientFault(.notFound, "x", "no dataset id", field: "id").description == "`id`: no dataset id")
        #expect(ClientFault(.conflict, "x", "m", remedy: "r").description == "m; r")
    }

    @Test(
        "Input is quoted whole up to 120 characters, then cut, never inside a character",
        arguments: [0, 1, 119, 120, 121, 5000])
    func long(count: Int) {
        let fault = ClientFault(.badInput, "x", "m", found: String(repeating: "é", count: count))
        let found = fault.found ?? ""
        if count <= 120 {
            #expect(found == String(repeating: "é", count: count))
        } else {
            #expect(found == String(repeating: "é", count: 117) + "...")
        }
    }

    @Test(
        "Input cannot break the line, colour the terminal or turn the text around",
        arguments: [
            ("a\nb", "a\\u{a}b"), ("a\r\nb", "a\\u{d}\\u{a}b"), ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{0}", "\\u{0}"),
            ("a\u{202e}b", "a\\u{202e}b"), ("a\u{2028}b", "a\\u{2028}b"), ("a\u{85}b", "a\\u{85}b"),
            ("é 日本", "é 日本"),
        ])
    func hostile(input: String, shown: String) {
        #expect(ClientFault(.badInput, "x", "m", found: input).description == "m; found `\(shown)`")
        #expect(ClientFault(.badInput, "x", "no `\(input)`").description == "no `\(shown)`")
        #expect(ClientFault(.badInput, "x", "m", found: input).found == input)
    }

    @Test("Faults are equal by code and field, whatever the prose")
    func equality() {
        let fault = ClientFault(.badInput, "bad_slug", "one", field: "id", found: "A")
        #expect(fault == ClientFault(.notFound, "bad_slug", "other", field: "id", remedy: "r"))
        #expect(fault != ClientFault(.badInput, "bad_slug", "one", field: "name"))
        #expect(fault != ClientFault(.badInput, "bad_name", "one", field: "id"))
        #expect(Set([fault, ClientFault(.badInput, "bad_slug", "other", field: "id")]).count == 1)
    }

    @Test("The kinds are the HTTP statuses of their names")
    func kinds() {
        let kinds: [ClientFault.Kind] = [
            .badInput, .unauthenticated, .forbidden, .notFound, .conflict, .tooLarge, .unprocessable,
        ]
        #expect(kinds.map(\.rawValue) == [400, 401, 403, 404, 409, 413, 422])
    }

    @Test("A retryable fault tells the caller its message, not its cause")
    func retryable() {
        let fault = RetryableFault("log_unavailable", "the log cannot be written", cause: "ENOSPC")
        #expect(fault.description == "the log cannot be written")
    }
}
