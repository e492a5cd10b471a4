import Foundation
import Model
import RemoteHub
import Testing

@testable import sluis

/// What people have at hand reads the data: curl, compressed, in part, its head alone, and cut by `head`.
@Suite(
    "curl reads", .serialized,
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "curl is missing"))
struct CurlTests {
    /// Runs a line of shell in which `$CURL` is curl with certificate and token, and `$URL` the dataset.
    private static func shell(
        _ exchange: TestExchange, _ token: String, _ line: String, speaking version: String = "2"
    ) throws -> Program.Result {
        let profile = exchange.consumer.profile.folder
        return try Program.run(
            at: URL(filePath: "/bin/bash"), ["-c", "set -o pipefail; " + line],
            environment: [
                "CURL":
                    "curl -sS --http\(version) --cacert \(profile)/ca.pem "
                    + "--cert \(profile)/certificate.pem --key \(profile)/key.pem --oauth2-bearer \(token)",
                "URL": exchange.hub.machines + "/data/flights",
            ])
    }

    private static func field(_ name: String, _ text: String) -> String? {
        text.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
            .map { String($0.dropFirst(name.count + 2)) }
    }

    @Test("Whole, compressed, in part, its head alone", arguments: ["1.1", "2"])
    func forms(version: String) async throws {
        let exchange = try await TestExchange(TestHub(), owners: 3)
        for owner in 0..<3 { try await exchange.grant(owner) }
        let token = try await exchange.token()
        func shell(_ line: String) throws -> Program.Result {
            try Self.shell(exchange, token, line, speaking: version)
        }
        let plain = try shell("$CURL $URL")
        #expect(plain.status == 0 && plain.output.hasPrefix("plane,seat,fare\n"), "\(plain.errors)")
        let packed = try shell("$CURL --compressed -D /dev/stderr $URL")
        #expect(packed.output == plain.output && Self.field("Content-Encoding", packed.errors) == "zstd")
        let gunzipped = try shell("$CURL -H 'Accept-Encoding: gzip' $URL | gzip -dc")
        #expect(gunzipped.status == 0 && gunzipped.output == plain.output, "\(gunzipped.errors)")

        let head = try shell("$CURL -I $URL")
        #expect(head.output.hasPrefix("HTTP/\(version) 200"), "\(head.output)\(head.errors)")
        let tag = try #require(Self.field("ETag", head.output))
        let part = try shell(
            "$CURL -r 3-20 -H 'If-Range: \(tag)' -D /dev/stderr $URL")
        #expect(part.output == String(decoding: Array(plain.output.utf8)[3...20], as: UTF8.self))
        #expect(Self.field("Content-Range", part.errors) == "bytes 3-20/\(plain.output.utf8.count)")
        let without = try shell("$CURL -r 3-20 $URL")
        #expect(without.output == plain.output)
        let same = try shell(
            "$CURL -o /dev/null -w '%{http_code}' -H 'If-None-Match: \(tag)' $URL")
        #expect(same.output == "304")

        // What broke off goes on.
        let file = try exchange.hub.scratch.file("rows.csv", String(plain.output.prefix(19)))
        let rest = try shell("$CURL -C - -H 'If-Range: \(tag)' -o '\(file)' $URL")
        #expect(rest.status == 0, "\(rest.errors)")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == plain.output)
    }

    @Test("curl | head: what was handed to the kernel is what was read", arguments: ["", "--compressed "])
    func head(option: String) async throws {
        let csv = CodedReadTests.csv(owners: 4, rowsOfEach: 25_000, digits: 252)
        let exchange = try await TestExchange(TestHub(), owners: 4, csv: csv)
        for owner in 0..<4 { try await exchange.grant(owner) }
        let token = try await exchange.token()
        // A reader that takes little at a time, so that the hub is far from its end when he goes.
        let some = try Self.shell(
            exchange, token, "$CURL --limit-rate 400k \(option)$URL 2>/dev/null | head -n 1000")
        let lines = some.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(lines.count == 1000)
        let supervisor = try await exchange.hub.person("supervisor", role: "supervisor").client
        var found: JSON?
        for _ in 0..<500 where found == nil {
            let page = try await supervisor.call(.get, "/api/v1/log/entries?type=access.completed").json
            found = page["items"]?.array?.first?["entry"]
            try await Task.sleep(for: .milliseconds(20))
        }
        let entry = try #require(found)
        let whole = try await exchange.raw(token)
        let sent = Int(try #require(entry["bytes"]?.integer))
        #expect(entry["status"] == "cut" && sent >= some.output.utf8.count && sent < whole.body.count)
        let handed = String(decoding: whole.body[..<sent], as: UTF8.self)
        #expect(handed.hasPrefix(some.output))
        let counts = handed.split(separator: "\n").dropFirst().reduce(into: [String: Int]()) {
            $0[String($1.prefix { $0 != "," }), default: 0] += 1
        }
        #expect(try exchange.deliveries(entry) == counts)
        #expect(entry["rows"] == .integer(Int64(counts.values.reduce(0, +))))
    }
}
