import Foundation
import Model
import Synchronization
import Testing

@testable import sluis

@Suite("What is printed")
struct OutputTests {
    private final class Sink: Sendable {
        let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        func take(_ text: String) { texts.withLock { $0.append(text) } }
    }

    @Test("Programs get one line of canonical JSON, people a text")
    func both() throws {
        let sink = Sink()
        try Output(isJSON: true, write: { sink.take($0) }).answer(["b": "x\ny", "a": 1], "text")
        try Output(isJSON: false, write: { sink.take($0) }).answer(["b": 2], "two\nlines")
        #expect(sink.all == ["{\"a\":1,\"b\":\"x\\ny\"}\n", "two\nlines\n"])
    }

    @Test("A table is as wide as it must be and leaves out what is empty")
    func table() {
        let table = TextTable(
            columns: ["a", "empty", "long name"], rows: [["xyz", "", "1"], ["é", "", "22"]])
        #expect(table.text == "a    long name\nxyz  1\né    22")
        #expect(TextTable(columns: ["a"], rows: []).text == "")
    }

    @Test("An entry that the log could not take yet is said to be in effect")
    func entries() {
        #expect((["entry": 7] as JSON).entryText == "entry 7")
        #expect((["entry": nil] as JSON).entryText.contains("in effect"))
    }

    @Test("A withdrawal says by what the same consumer still reads")
    func withdrawal() {
        let json: JSON = [
            "grant": "g", "state": "Withdrawn", "epoch": 4, "entry": 9, "still_readable": ["h", "i"],
        ]
        #expect(
            GrantEnding.text(json)
                == """
                grant g is Withdrawn, epoch 4 (entry 9)
                the same consumer still reads the dataset by h, i
                """
        )
    }

    @Test("Requests are a table")
    func requests() {
        #expect(RequestsCommand.text([]) == "no requests")
        let item: JSON = [
            "request": "r", "agreement": "a", "grant": "g", "dataset": "f", "fields": ["x", "y"],
            "state": "Requested", "valid_until": nil,
        ]
        #expect(
            RequestsCommand.text([item])
                == """
                request  agreement  grant  dataset  fields  state
                r        a          g      f        x,y     Requested
                """
        )
    }

    @Test("A publication says its types and its first bad lines")
    func publication() {
        let json: JSON = [
            "dataset": "f", "version": 2, "rows": 10, "owners": 3, "ownerless_rows": 1, "entry": 5,
            "fields": [["name": "flow", "type": "integer"]],
            "bad_lines": [["line": 4, "column": 1, "message": "bad"]], "bad_line_count": 1,
        ]
        #expect(
            DatasetPublishCommand.text(json) == """
                published version 2 of f (entry 5)
                10 rows of 3 owners; 1 rows of nobody
                field  type
                flow   integer
                line 4, column 1: bad
                """)
    }

    @Test("Colour is for terminals whose users want it")
    func colour() {
        #expect(Terminal.paint("ok", .green, isTerminal: true, environment: [:]) == "\u{1B}[32mok\u{1B}[0m")
        #expect(Terminal.paint("ok", .green, isTerminal: false, environment: [:]) == "ok")
        #expect(Terminal.paint("ok", .red, isTerminal: true, environment: ["NO_COLOR": "1"]) == "ok")
        #expect(Terminal.paint("ok", .red, isTerminal: true, environment: ["NO_COLOR": ""]) != "ok")
        #expect(Terminal.paint("ok", .red, isTerminal: true, environment: ["TERM": "dumb"]) == "ok")
    }

    @Test("Progress shows after a second and at most once a second, and clears its line")
    func progress() {
        var line = ProgressLine()
        #expect(line.ending == "")
        #expect(line.text("bytes", done: 1, total: 4, elapsed: .milliseconds(999)) == nil)
        let first = line.text("bytes", done: 2_000_000, total: 4_000_000, elapsed: .seconds(1))
        #expect(first == "\r2000000 of 4000000 bytes, 50 %, 2.0 MB/s")
        #expect(line.text("bytes", done: 3, total: 4, elapsed: .milliseconds(1999)) == nil)
        #expect(line.text("owners", done: 6, total: nil, elapsed: .seconds(2)) == "\r6 owners, 3/s")
        let last = line.text("bytes", done: 0, total: 0, elapsed: .seconds(9))
        #expect(last == "\r0 of 0 bytes, 100 %, 0.0 MB/s")
        #expect(line.ending == "\r\u{1B}[K")
    }

    @Test("Something short shows no progress at all")
    func shortProgress() {
        let sink = Sink()
        let progress = ProgressMeter("bytes", total: 10, write: { sink.take($0) })
        progress.advance(by: 5)
        progress.set(10, total: 10)
        progress.end()
        #expect(sink.all.joined() == "")
    }

    @Test("A reader who leaves is not an error of ours")
    func closedPipe() throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        try StandardOutput.write(Data("x".utf8), to: pipe.fileHandleForWriting)
        try pipe.fileHandleForReading.close()
        #expect(throws: OutputClosed.self) {
            try StandardOutput.write(Data("x".utf8), to: pipe.fileHandleForWriting)
        }
    }

    @Test("A full disk is an error")
    func fullDisk() throws {
        let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        let error = #expect(throws: (any Error).self) { try StandardOutput.write(Data("x".utf8), to: full) }
        #expect(!(error is OutputClosed))
    }

    @Test("Queries and forms are escaped byte by byte")
    func percent() {
        #expect(PercentEncoder.encode("aZ09-._~") == "aZ09-._~")
        #expect(PercentEncoder.encode("a b&é=+/\n%") == "a%20b%26%C3%A9%3D%2B%2F%0A%25")
        #expect(PercentEncoder.pairs(["a": "1 2", "b": ""]) == "a=1%202&b=")
    }
}
