import Model
import NIOHTTP1
import Testing

@testable import sluis

@Suite("A no of the hub becomes one clear line")
struct HubProblemTests {
    private func problem(_ status: Int, _ json: JSON, entry: String? = nil) -> HubProblem {
        var headers: HTTPHeaders = [:]
        if let entry { headers.add(name: "sluis-entry", value: entry) }
        return HubProblem(status: status, headers: headers, bytes: json.canonical, url: "https://h:1/x")
    }

    @Test("Problem details keep field, finding, expectation and remedy")
    func details() {
        let problem = problem(
            400,
            [
                "type": "urn:sluis:problem:wrong_value", "title": "Bad Request", "status": 400,
                "code": "wrong_value", "detail": "`fields` is not what it should be", "field": "fields",
                "found": "string", "expected": "an array", "remedy": "send an array",
            ])
        #expect(problem.code == "wrong_value")
        #expect(
            problem.lines == [
                "`fields` is not what it should be; found `string`; expected an array; send an array"
            ])
    }

    @Test("A denial names its entry")
    func denial() {
        let problem = problem(
            403,
            [
                "code": "purpose_not_permitted", "detail": "the purpose is not permitted",
                "reasons": [["code": "purpose_not_permitted", "message": "no"]],
            ], entry: "17")
        #expect(problem.entry == 17)
        #expect(problem.reasons.count == 1)
        #expect(problem.lines == ["the purpose is not permitted (entry 17)"])
    }

    @Test("Of bad lines twenty are shown, one a line, and the others counted")
    func badLines() {
        let lines = (1...100).map { number -> JSON in
            [
                "line": .integer(Int64(number)), "column": 3, "field": "flow", "value": "x\u{1B}[2J",
                "reason": "wrong_type", "message": "the value is not a number", "remedy": "correct it",
            ]
        }
        let problem = problem(
            422,
            [
                "code": "bad_lines", "detail": "the file has 250 bad lines", "bad_lines": .array(lines),
                "bad_line_count": 250,
            ])
        #expect(problem.lines.count == 22)
        #expect(problem.lines[0] == "the file has 250 bad lines")
        #expect(
            problem.lines[1]
                == "line 1, column 3 (`flow`): the value is not a number; found `x\\u{1b}[2J`; correct it")
        #expect(problem.lines[21] == "and 230 more bad lines")
    }

    @Test("One more bad line is one line")
    func oneMore() {
        let line: JSON = ["line": 2, "column": 1, "message": "bad"]
        #expect(BadLineText.lines([line, line], count: 3, atMost: 2).last == "and 1 more bad line")
        #expect(BadLineText.lines([line, line], count: 2, atMost: 2).count == 2)
        #expect(BadLineText.lines([], count: 0, atMost: 20) == [])
    }

    @Test("Errors of the token endpoint are understood too")
    func oauth() {
        let problem = problem(
            400, ["error": "invalid_grant", "error_description": "the agreement has ended"])
        #expect(problem.code == "invalid_grant")
        #expect(problem.lines == ["the agreement has ended"])
    }

    @Test(
        "What is no problem at all still says where it came from",
        arguments: ["", "<html>", "[1]", "{\"a\":1}", "\u{0}"])
    func foreign(text: String) {
        let problem = HubProblem(status: 404, headers: [:], bytes: Array(text.utf8), url: "https://h:1/x")
        #expect(problem.code == "http_404")
        #expect(problem.lines == ["https://h:1/x answered with status 404"])
    }

    @Test(
        "1 is a no, 2 bad input, 3 for later",
        arguments: [
            (400, 2), (401, 1), (403, 1), (404, 2), (405, 2), (406, 2), (408, 3), (409, 1), (413, 2),
            (415, 2),
            (422, 2), (301, 2), (500, 3), (502, 3), (503, 3), (504, 3),
        ] as [(Int, Int32)])
    func exitStatus(status: Int, exit: Int32) {
        #expect(problem(status, ["code": "x", "detail": "y"]).exitStatus == exit)
    }

    @Test(
        "The token endpoint's 400 is a no where it was logged or the grant has ended, else bad input",
        arguments: [
            ("invalid_grant", nil, 1), ("invalid_authorization_details", "9", 1),
            ("invalid_authorization_details", nil, 2), ("invalid_request", nil, 2),
            ("invalid_client", nil, 1),
        ] as [(String, String?, Int32)])
    func tokenStatus(error: String, entry: String?, exit: Int32) {
        #expect(problem(400, ["error": .string(error)], entry: entry).exitStatus == exit)
    }
}
