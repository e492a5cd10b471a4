import Cryptography
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// Uploads that break off and are gone on with.
@Suite("Uploads in several requests", .serialized)
struct UploadTests {
    private static let uploads = "/api/v1/datasets/flights/uploads"

    private static func exchange() async throws -> TestExchange {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        for owner in 0..<2 { try await exchange.grant(owner) }
        return exchange
    }

    private static func begin(_ exchange: TestExchange, _ query: String = "") async throws -> String {
        let answer = try await exchange.provider.call(
            .post, uploads + query, headers: ["Content-Type": "text/csv"])
        let path = try #require(answer.headers.first(name: "Location"))
        #expect(answer.status == 201 && answer.headers.first(name: "Upload-Offset") == "0")
        #expect(try answer.json["upload"]?.string.map { "/api/v1/uploads/\($0)" } == path)
        return path
    }

    private static func send(
        _ text: String, _ path: String, from offset: Int, isLast: Bool = false, _ exchange: TestExchange
    ) async throws -> HubAnswer {
        try await exchange.provider.call(
            .patch, path, body: .bytes(Array(text.utf8), "application/partial-upload"),
            headers: ["Upload-Offset": "\(offset)", "Upload-Complete": isLast ? "?1" : "?0"])
    }

    @Test("A file comes in pieces, cut anywhere, and is published with the last") func pieces() async throws {
        let exchange = try await Self.exchange()
        let path = try await Self.begin(exchange)
        let text = "plane,seat,fare\nK0,7,\"1\"\nK1,8,2\n"
        for (index, byte) in text.utf8.enumerated() where index < text.utf8.count - 1 {
            let answer = try await Self.send(String(UnicodeScalar(byte)), path, from: index, exchange)
            #expect(answer.headers.first(name: "Upload-Offset") == "\(index + 1)")
            #expect(answer.headers.first(name: "Upload-Complete") == "?0")
        }
        let place = try await exchange.provider.call(.get, path).json
        #expect(place["sha256"]?.string == Base64.encodeURL(SHA256.hash(Array(text.utf8.dropLast()))))
        #expect(place["published"] == .null && place["mode"] == "replaces" && place["coding"] == "identity")
        let listed = try await exchange.provider.call(.get, Self.uploads).json
        #expect(listed["items"]?.array?.count == 1)
        let last = try await Self.send("\n", path, from: text.utf8.count - 1, isLast: true, exchange)
        #expect(try last.json["version"] == 2 && last.headers.first(name: "Upload-Complete") == "?1")
        #expect(try await exchange.read(exchange.token()).rows == ["K0,7,1", "K1,8,2"])
        let done = try await exchange.provider.call(.get, path)
        #expect(try done.json["published"] == last.json, "whoever lost the answer asks again")
        let known = try await exchange.provider.call(.get, Self.uploads).json["items"]?.array
        #expect(try known?.first?["published"] == last.json && known?.count == 1)
        let over = try await exchange.provider.problem(
            .patch, path, body: .bytes([10], "application/partial-upload"),
            headers: [("Upload-Offset", "\(text.utf8.count)"), ("Upload-Complete", "?1")])
        #expect(over.status == 409 && over.code == "upload_over")
    }

    @Test("A connection that breaks costs nothing that came; a sender who was overtaken is stopped")
    func broken() async throws {
        let exchange = try await Self.exchange()
        let path = try await Self.begin(exchange, "?mode=adds")
        let rows = (0..<200_000).map { "K\($0 % 2),\($0),0.5\n" }.joined()
        let text = Array(("plane,seat,fare\n" + rows).utf8)
        let scratch = ScratchFolder()
        let file = try scratch.file("rows.csv", String(decoding: text, as: UTF8.self))
        // The file ends before its time, so the client goes away in the middle.
        let half = try FileUpload(file, option: "--file") { _ in }
        _ = try scratch.file("rows.csv", String(decoding: text[..<(2 << 20)], as: UTF8.self))
        await #expect(throws: (any Error).self) {
            _ = try await exchange.provider.call(
                .patch, path, body: .file(half, "application/partial-upload"),
                headers: ["Upload-Offset": "0", "Upload-Complete": "?1"])
        }
        _ = try scratch.file("rows.csv", String(decoding: text, as: UTF8.self))
        // What is still on its way is lost when somebody asks.
        try await Task.sleep(for: .seconds(1))
        let place = try await exchange.provider.call(.get, path).json
        let offset = try #require(place["offset"]?.integer.map { Int($0) })
        #expect(offset > 0 && offset <= 2 << 20, "\(offset)")
        #expect(place["sha256"]?.string == Base64.encodeURL(SHA256.hash(Array(text[..<offset]))))
        let wrong = try await exchange.provider.problem(
            .patch, path, body: .bytes([10], "application/partial-upload"),
            headers: [("Upload-Offset", "\(offset + 1)"), ("Upload-Complete", "?1")])
        #expect(wrong.status == 409 && wrong.code == "upload_offset" && wrong.expected == "\(offset)")
        let rest = try FileUpload(file, option: "--file", from: offset) { _ in }
        let answer = try await exchange.provider.call(
            .patch, path, body: .file(rest, "application/partial-upload"),
            headers: ["Upload-Offset": "\(offset)", "Upload-Complete": "?1"])
        #expect(try answer.json["rows"]?.integer == 200_000 + 5)
        let read = try await exchange.read(exchange.token())
        #expect(read.rows.count == 200_003)
        #expect(
            !exchange.hub.errors.contains("failed to answer"), "a client that goes is no fault of the hub")
    }

    @Test("Bad files, bad headers, strangers, and what ends an upload") func refused() async throws {
        let exchange = try await Self.exchange()
        let provider = exchange.provider
        let path = try await Self.begin(exchange)
        func problem(_ headers: [(String, String)]) async throws -> String {
            let found = try await provider.problem(
                .patch, path, body: .bytes([65], "application/partial-upload"), headers: headers)
            return "\(found.status) \(found.code) \(found.field ?? "")"
        }
        #expect(try await problem([]) == "400 bad_upload_header upload-offset")
        #expect(try await problem([("Upload-Offset", "-1")]) == "400 bad_upload_header upload-offset")
        #expect(try await problem([("Upload-Offset", "0")]) == "400 bad_upload_header upload-complete")
        #expect(
            try await problem([("Upload-Offset", "0"), ("Upload-Complete", "1")])
                == "400 bad_upload_header upload-complete")
        let mode = try await provider.problem(.post, Self.uploads + "?mode=x")
        #expect(mode.status == 400 && mode.field == "mode")
        let other = try await exchange.hub.organisation("other", roles: ["provider"])
        #expect(try await other.problem(.get, path).status == 404)
        #expect(try await other.problem(.get, Self.uploads).status == 404)
        #expect(try await other.problem(.post, Self.uploads).status == 404)
        // A fault of the file ends it, and tells the lines.
        let bad = try await provider.problem(
            .patch, path, body: .bytes(Array("plane,seat,fare\nK0,x,1\n".utf8), "application/partial-upload"),
            headers: [("Upload-Offset", "0"), ("Upload-Complete", "?1")])
        #expect(bad.status == 422 && bad.code == "bad_lines" && bad.badLines.count == 1)
        #expect(try await provider.problem(.get, path).status == 404)
        // So does whoever publishes otherwise, and the provider himself.
        let second = try await Self.begin(exchange)
        _ = try await Self.send("plane,", second, from: 0, exchange)
        _ = try await provider.call(
            .put, "/api/v1/datasets/flights/data",
            body: .bytes(Array("plane,seat,fare\nK0,1,1\nK1,2,2\n".utf8), "text/csv"))
        #expect(try await provider.problem(.get, second).code == "upload_unknown")
        // An upload that nobody sends stands in nobody's way.
        let paused = try await Self.begin(exchange)
        _ = try await Self.send("plane,", paused, from: 0, exchange)
        _ = try await provider.call(.delete, "/api/v1/datasets/flights/owners/K1")
        #expect(try await provider.problem(.get, paused).code == "upload_unknown")
        let third = try await Self.begin(exchange)
        #expect(try await provider.call(.delete, third).status == 204)
        #expect(try await provider.problem(.get, third).status == 404)
        #expect(try await exchange.read(exchange.token()).rows == ["K0,1,1"])
        let files = try await exchange.hub.storedFiles("flights", by: provider)
        #expect(try exchange.hub.datasetFiles() == files, "nothing of what was given up is left")
    }

    @Test("The command goes on by itself, and with --resume in another process") func command() async throws {
        let exchange = try await Self.exchange()
        let scratch = ScratchFolder()
        let text = "plane,seat,fare\n" + (0..<800_000).map { "K\($0 % 2),\($0),0.5\n" }.joined()
        let file = try scratch.file("rows.csv", text)
        let profile = exchange.provider.profile.folder
        // What a process that was killed leaves behind.
        let path = try await Self.begin(exchange, "?mode=adds")
        _ = try await Self.send(String(text.prefix(3_000_000)), path, from: 0, exchange)
        func run(_ arguments: [String]) throws -> Program.Result {
            try Program.run(
                "sluis", ["dataset"] + arguments + ["--file", file, "--resume", "--profile", profile])
        }
        let differs = try run(
            ["publish", "flights", "--title", "Flights", "--owner-column", "plane", "--null", "NA"])
        #expect(differs.status == 1 && differs.errors.contains("another file or command"), "\(differs)")
        let done = try run(["append", "flights"])
        #expect(done.status == 0 && done.output.contains("800005 rows"), "\(done)")
        let lost = try run(["append", "flights"])
        #expect(lost.status == 0 && lost.output == done.output, "the answer that may have been lost: \(lost)")
        let whole = try Program.run(
            "sluis", ["dataset", "append", "flights", "--file", file, "--profile", profile])
        #expect(whole.status == 0 && whole.output.contains("1600005 rows"), "\(whole)")
        exchange.hub.kill()
        try exchange.hub.start()
        let none = try run(["append", "flights"])
        #expect(none.status == 2 && none.errors.contains("without --resume"), "\(none)")
    }
}
