import Foundation
import Testing

@Suite("`make test` counts what really happened, and a crash is never a pass")
struct TestRunnerTests {
    /// An event stream as Swift Testing writes it, as far as the counting reads it.
    private struct Stream {
        var lines: [String] = []

        private mutating func add(_ kind: String, _ payload: [String: Any]) throws {
            let record: [String: Any] = ["version": "6.3.0", "kind": kind, "payload": payload]
            lines.append(String(decoding: try JSONSerialization.data(withJSONObject: record), as: UTF8.self))
        }

        mutating func plan(_ names: String...) throws {
            try add("test", ["kind": "suite", "id": "T.S", "name": "S"])
            for name in names { try add("test", ["kind": "function", "id": "T.S/\(name)", "name": name]) }
            try event("runStarted", nil, "default", "Test run started.")
        }

        mutating func event(_ kind: String, _ test: String?, _ symbol: String, _ text: String) throws {
            var payload: [String: Any] = ["kind": kind, "messages": [["symbol": symbol, "text": text]]]
            payload["testID"] = test
            try add("event", payload)
        }

        mutating func issue(_ test: String?, isFailure: Bool) throws {
            var payload: [String: Any] = [
                "kind": "issueRecorded", "issue": ["isFailure": isFailure, "isKnown": !isFailure],
                "messages": [["symbol": "fail", "text": "Expectation failed: 1 == 2"]],
            ]
            payload["testID"] = test
            try add("event", payload)
        }

        mutating func pass(_ name: String) throws { try event("testEnded", "T.S/\(name)", "pass", "passed") }
        mutating func end() throws { try event("runEnded", nil, "pass", "Test run ended.") }
    }

    private func run(_ stream: Stream, status: Int = 0, forbidsSkips: Bool = false) throws -> (
        status: Int32, last: String, all: String
    ) {
        let folder = try TemporaryFolder()
        let file = try folder.write(stream.lines.joined(separator: "\n"), to: "events.jsonl")
        let result = try Command.run(
            "python3", ["Tests/run", "--events", file, String(status)],
            environment: ["SLUIS_FORBID_SKIPS": forbidsSkips ? "1" : "0"])
        #expect(result.errors == "")
        return (result.status, String(result.output.split(separator: "\n").last ?? ""), result.output)
    }

    @Test("All passed: the last line says so and the status is 0")
    func passes() throws {
        var stream = Stream()
        try stream.plan("a", "b")
        try stream.pass("a")
        try stream.issue("T.S/b", isFailure: false)
        try stream.event("testEnded", "T.S/b", "passWithKnownIssue", "passed with 1 known issue")
        try stream.event("testEnded", "T.S", "pass", "Suite S passed")
        try stream.end()
        let result = try run(stream)
        #expect(result.status == 0 && result.last == "2 passed, 0 failed, 0 skipped")
    }

    @Test("A failure is one failed test, however many issues it has and whatever its suite says")
    func fails() throws {
        var stream = Stream()
        try stream.plan("a", "b")
        try stream.pass("a")
        try stream.issue("T.S/b", isFailure: true)
        try stream.issue("T.S/b", isFailure: true)
        try stream.event("testEnded", "T.S/b", "fail", "failed")
        try stream.event("testEnded", "T.S", "fail", "Suite S failed after 1 second with 2 issues.")
        try stream.end()
        let result = try run(stream, status: 1)
        #expect(result.status == 1 && result.last == "1 passed, 1 failed, 0 skipped")
        #expect(result.all.contains("failed: T.S/b: Expectation failed: 1 == 2"))
    }

    @Test(
        "Skipped and cancelled tests are counted and named; they fail the run only where they are forbidden")
    func skips() throws {
        var stream = Stream()
        try stream.plan("a", "b", "c")
        try stream.pass("a")
        try stream.event("testSkipped", "T.S/b", "skip", "Test b skipped: needs ptrace")
        try stream.event("testEnded", "T.S/c", "skip", "Test c was cancelled")
        try stream.end()
        let result = try run(stream)
        #expect(result.status == 0 && result.last == "1 passed, 0 failed, 2 skipped")
        #expect(result.all.contains("needs ptrace"))
        let strict = try run(stream, forbidsSkips: true)
        #expect(strict.status == 1 && strict.last == "1 passed, 0 failed, 2 skipped")
    }

    @Test(
        "A crash fails the test under way and those that never ran, even if the status were 0",
        arguments: [0, 1])
    func crashes(status: Int) throws {
        var stream = Stream()
        try stream.plan("a", "b", "c")
        try stream.pass("a")
        try stream.event("testStarted", "T.S/b", "default", "Test b started.")
        stream.lines.append("{\"kind\":\"event\",\"payl")
        let result = try run(stream, status: status)
        #expect(result.status == 1 && result.last == "1 passed, 3 failed, 0 skipped")
        #expect(
            result.all.contains("failed: T.S/b: did not end")
                && result.all.contains("failed: T.S/c: did not end"))
    }

    @Test("No stream, an empty one, a run without tests and a bad status after a good run are failures")
    func nothing() throws {
        #expect(try run(Stream(), status: 1).last == "0 passed, 1 failed, 0 skipped")
        var empty = Stream()
        try empty.end()
        #expect(try run(empty).last == "0 passed, 1 failed, 0 skipped")
        var good = Stream()
        try good.plan("a")
        try good.pass("a")
        try good.end()
        let result = try run(good, status: 1)
        #expect(result.status == 1 && result.last == "1 passed, 1 failed, 0 skipped")
        let missing = try Command.run("python3", ["Tests/run", "--events", "/nonexistent", "1"])
        #expect(missing.status == 1 && missing.output.hasSuffix("\n0 passed, 1 failed, 0 skipped\n"))
    }

    @Test("An issue of a suite or of no test at all is a failure, although every test passed")
    func suites() throws {
        for test in ["T.S", nil] {
            var stream = Stream()
            try stream.plan("a")
            try stream.pass("a")
            try stream.issue(test, isFailure: true)
            try stream.end()
            let result = try run(stream, status: 1)
            #expect(
                result.status == 1 && result.last == "1 passed, 1 failed, 0 skipped", "\(test ?? "no test")")
        }
    }
}
