import AsyncHTTPClient
import DataPlane
import Foundation
import Model
import NIOCore
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// A provider publishes NDJSON and packed files to a real hub; what cannot be taken changes nothing.
@Suite(.serialized)
struct FileFormatTests {
    private static let path = "/api/v1/datasets/flights/data"

    private func lines(_ rows: [(String, Int)]) -> [UInt8] {
        rows.flatMap { Array("{\"fare\":1.50,\"plane\":\"\($0.0)\",\"seat\":\($0.1)}\n".utf8) }
    }

    private func put(
        _ bytes: [UInt8], _ type: String, _ coding: String?, by client: HubClient, query: String = ""
    ) async throws -> JSON {
        let headers: HTTPHeaders = coding.map { ["Content-Encoding": $0] } ?? [:]
        return try await client.call(
            .put, Self.path + query, body: .bytes(bytes, type), headers: headers
        ).json
    }

    /// Everything in the dataset's folder.
    private func files(_ hub: TestHub) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: hub.data + "/data/flights").sorted()
    }

    @Test(arguments: [ContentCoding.gzip, .zstd])
    func `a provider publishes packed NDJSON, and a consumer reads what was granted`(
        coding: ContentCoding
    ) async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 2)
        let bytes = lines([("K0", 7), ("K1", 8), ("K0", 9), ("NA", 1), ("", 2)])
        let packed = try Compressor(coding).compress(bytes, flush: .end)
        let answer = try await put(packed, "application/x-ndjson", coding.rawValue, by: exchange.provider)
        #expect(answer["rows"] == 5 && answer["version"] == 2 && answer["bad_line_count"] == 0)
        try await exchange.grant(0)
        let token = try await exchange.token()
        #expect(try await exchange.read(token).rows == ["K0,7,1.50", "K0,9,1.50"])
        let objects = try await exchange.read(token, accept: "application/x-ndjson")
        #expect(objects.text.contains(#"{"plane":"K0","seat":7,"fare":1.50}"#))
        let csv = Array("plane,seat,fare\nK0,5,2\n".utf8)
        _ = try await put(
            try Compressor(coding).compress(csv, flush: .end), "text/csv", coding.rawValue,
            by: exchange.provider)
        #expect(try await exchange.read(token).rows == ["K0,5,2"])
    }

    @Test func `bad lines, bombs and damaged files are refused; the old version stands`() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 1)
        try await exchange.grant(0)
        let token = try await exchange.token()
        let (before, names) = (try await exchange.read(token).text, try files(hub))
        func expect(_ body: [UInt8], _ coding: String?, _ status: Int, _ code: String) async throws
            -> HubProblem
        {
            let problem = try await exchange.provider.problem(
                .put, Self.path, body: .bytes(body, "application/x-ndjson"),
                headers: coding.map { [("Content-Encoding", $0)] } ?? [])
            #expect(problem.status == status && problem.code == code, "\(problem.members)")
            #expect(try files(hub) == names)
            return problem
        }
        let bad = Array(#"{"plane":"K0","seat":"7"}"#.utf8) + Array("\n[]\n".utf8)
        let problem = try await expect(bad, nil, 422, "bad_lines")
        let reported = problem.members["bad_lines"]?.array ?? []
        #expect(reported.map { $0["reason"] } == ["wrong_type", "not_an_object"])
        #expect(reported.first?["column"] == 22 && reported.first?["field"] == "seat")
        let good = try Compressor(.gzip).compress(lines([("K0", 1)]), flush: .end)
        _ = try await expect(Array(good.dropLast(4)), "gzip", 422, "truncated_gzip")
        _ = try await expect(good + [1], "gzip", 422, "bad_gzip")
        _ = try await expect(good, "zstd", 422, "bad_zstd")
        _ = try await expect(try bomb(.gzip), "gzip", 413, "decompression_bomb")
        _ = try await expect(try bomb(.zstd), "zstd", 413, "decompression_bomb")
        #expect(try await exchange.read(token).text == before)
        #expect(hub.isRunning && !hub.errors.contains("failed to answer"), "\(hub.errors)")
    }

    @Test(arguments: [ContentCoding.identity, .gzip])
    func `a connection that drops leaves nothing, and the next upload is taken`(
        coding: ContentCoding
    ) async throws {
        struct Dropped: Error {}
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 1)
        let names = try files(hub)
        let rows = lines((0..<20_000).map { ("K\($0 * 7919)", $0) })
        let bytes = try Compressor(coding).compress(rows, flush: .end)
        let sent = ByteBuffer(bytes: bytes.dropLast(100))
        var request = HTTPClientRequest(url: exchange.provider.url(Self.path, on: .machines))
        request.method = .PUT
        request.tlsConfiguration = exchange.provider.profile.tls
        request.headers = [
            "Content-Type": "application/x-ndjson", "Content-Encoding": coding.rawValue,
        ]
        let pieces = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
            Task {
                continuation.yield(sent)
                // Until the hub has begun, so that there is something to take away.
                try? await hub.until { (try? self.files(hub).count) ?? 0 > names.count }
                continuation.finish(throwing: Dropped())
            }
        }
        request.body = .stream(pieces, length: .known(Int64(bytes.count)))
        await #expect(throws: (any Error).self) {
            _ = try await HTTPClient.hub.execute(request, timeout: .seconds(60))
        }
        try await hub.until { try self.files(hub) == names }
        let packed: String? = coding == .identity ? nil : coding.rawValue
        let answer = try await put(bytes, "application/x-ndjson", packed, by: exchange.provider)
        #expect(answer["rows"] == 20_000 && answer["version"] == 2)
    }

    /// One endless line of 300 MiB.
    private func bomb(_ coding: ContentCoding) throws -> [UInt8] {
        let compressor = try Compressor(coding, level: 9)
        var bytes = lines([("K0", 1)])
        bytes = try compressor.compress(bytes, flush: .none)
        let block = [UInt8](repeating: UInt8(ascii: "{"), count: 1 << 20)
        for _ in 0..<300 { bytes += try compressor.compress(block, flush: .none) }
        return bytes + (try compressor.compress([], flush: .end))
    }

    @Test func `another type or coding is 415, and the answer says what is taken`() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 0)
        for (type, coding, tells, taken) in [
            ("application/json", nil, "Accept", "text/csv, application/x-ndjson"),
            ("text/csv", "br", "Accept-Encoding", "gzip, zstd, identity"),
            ("text/csv", "gzip, gzip", "Accept-Encoding", "gzip, zstd, identity"),
        ] {
            var request = HTTPClientRequest(url: exchange.provider.url(Self.path, on: .machines))
            request.method = .PUT
            request.tlsConfiguration = exchange.provider.profile.tls
            request.headers = ["Content-Type": type]
            if let coding { request.headers.add(name: "Content-Encoding", value: coding) }
            request.body = .bytes([])
            let response = try await HTTPClient.hub.execute(request, timeout: .seconds(60))
            #expect(response.status == .unsupportedMediaType)
            #expect(response.headers.first(name: tells) == taken)
        }
        let csv = Array("plane,seat,fare\nK0,1,1\n".utf8)
        for coding in ["identity", "X-GZIP"] {
            let body = coding == "identity" ? csv : try Compressor(.gzip).compress(csv, flush: .end)
            let answer = try await put(body, "text/csv; charset=utf-8", coding, by: exchange.provider)
            #expect(answer["rows"] == 1)
        }
    }

    @Test func `the command line publishes by the end of the file's name`() async throws {
        let hub = try TestHub()
        let provider = try await hub.organisation("airport", roles: ["provider"])
        let content = lines([("K0", 7), ("K1", 8)])
        for (number, (suffix, coding)) in [
            (".ndjson", ContentCoding.identity), (".jsonl.gz", .gzip), (".NDJSON.ZST", .zstd),
        ].enumerated() {
            let path = hub.scratch.path("rows\(suffix)")
            try Data(try Compressor(coding).compress(content, flush: .end)).write(to: URL(filePath: path))
            let result = try Program.run(
                "sluis",
                [
                    "dataset", "publish", "flights", "--file", path, "--title", "Flights", "--owner-column",
                    "plane", "--json", "--profile", provider.profile.folder,
                ])
            #expect(result.status == 0, "\(result.errors)")
            let answer = try JSON.parse(result.output)
            #expect(answer["rows"] == 2 && answer["version"] == .integer(Int64(number + 1)))
            let types = answer["fields"]?.array?.map { $0["type"] }
            #expect(types == ["decimal", "string", "integer"])
        }
    }
}
