import AsyncHTTPClient
import DataPlane
import Foundation
import Model
import NIOCore
import NIOHTTP1
import RemoteHub
import TestSupport
import Testing

@testable import sluis

/// Files that cannot be taken, or only in part: each gets a clear error, the old version stands, and nothing
/// of it is left on the disk.
@Suite(.serialized)
struct HostileFileTests {
    private static let path = "/api/v1/datasets/flights/data"
    private static let header = "plane,seat,fare\n"

    /// A dataset with one owner's rows, and what must not change of it.
    private struct World {
        let exchange: TestExchange
        let token: String
        let rows: [String]
        let files: [String]

        init(_ hub: TestHub) async throws {
            exchange = try await TestExchange(hub, owners: 1)
            try await exchange.grant(0)
            token = try await exchange.token()
            rows = try await exchange.read(token).rows
            files = try hub.datasetFiles()
        }

        func expectUnchanged(_ place: String) async throws {
            let hub = exchange.hub
            try await hub.until { try hub.datasetFiles() == files }
            #expect(try await exchange.read(token).rows == rows, "\(place)")
            // Nobody could be answered who hung up.
            let faults = hub.errors.split(separator: "\n").filter {
                $0.contains("failed to answer") && !$0.contains("stream ended at an unexpected time")
            }
            #expect(hub.isRunning && faults.isEmpty, "\(place): \(hub.errors)")
        }
    }

    private static func text(_ lines: String) -> [UInt8] { Array((header + lines).utf8) }

    /// A file, and what it gets: the code of the problem, and the reason of its first bad line.
    private struct Bad {
        let name: String
        let file: [UInt8]
        let code: String
        let reason: String?

        init(_ name: String, _ file: [UInt8], _ code: String) {
            (self.name, self.file, self.code, reason) = (name, file, code, nil)
        }

        /// With these lines behind a good header.
        init(_ name: String, lines: String, _ reason: String) {
            (self.name, code, self.reason) = (name, "bad_lines", reason)
            file = HostileFileTests.text(lines)
        }

        init(_ name: String, bytes: [UInt8], _ reason: String) {
            (self.name, file, code, self.reason) = (name, bytes, "bad_lines", reason)
        }
    }

    private static let refused: [Bad] = [
        Bad("too few cells", lines: "K0,1,1\nK0,1\n", "ragged_row"),
        Bad("too many cells", lines: "K0,1,1,\n", "ragged_row"),
        Bad("a quote inside a cell", lines: "K0,1\"2,1\n", "stray_quote"),
        Bad("text behind a quote", lines: "K0,\"1\"2,1\n", "text_after_quote"),
        Bad("an open quote", lines: "\"K0,1,1\nK1,2,2\n", "unterminated_quote"),
        Bad("a NUL", lines: "K0\u{0},1,1\n", "nul_byte"),
        Bad("invalid UTF-8", bytes: text("K0") + [0xC3, 0x28, 0x2C, 0x31, 0x2C, 0x31, 0x0A], "invalid_utf8"),
        Bad("UTF-16", [0xFF, 0xFE] + text("").flatMap { [$0, 0] }, "malformed_header"),
        Bad("CR alone", lines: "K0,1,1\rK0,2,2\n", "carriage_return"),
        Bad("CR alone throughout", Array("plane,seat,fare\rK0,1,1\r".utf8), "malformed_header"),
        Bad("a header twice", Array("plane,seat,seat,fare\n".utf8), "duplicate_field"),
        Bad("another type half-way", bytes: typeChange, "wrong_type"),
        Bad("a million columns", millionColumns, "malformed_header"),
        Bad("a million cells", lines: "K0,1,1" + String(repeating: ",", count: 999_997), "row_too_long"),
    ]

    private static let typeChange = text(
        (0..<20_000).map { "K0,\($0 < 10_000 ? "\($0)" : "seat \($0)"),1\n" }.joined())

    private static let millionColumns = Array(
        ("plane,seat,fare" + (3..<1_000_000).map { ",c\($0)" }.joined() + "\n").utf8)

    @Test func `a file with anything wrong in it changes nothing, and the answer says where it is`()
        async throws
    {
        let world = try await World(TestHub())
        for bad in Self.refused {
            for method in [HubClient.Method.put, .post] {
                let problem = try await world.exchange.provider.problem(
                    method, Self.path, body: .bytes(bad.file, "text/csv"))
                let said = "\(bad.name): \(problem.members)"
                #expect(problem.status == 422 && problem.code == bad.code, "\(said)")
                let first = problem.members["bad_lines"]?.array?.first
                #expect(first?["reason"]?.string == bad.reason, "\(said)")
                #expect(bad.reason == nil || first?["remedy"]?.string?.isEmpty == false, "\(said)")
            }
        }
        try await world.expectUnchanged("bad files")
    }

    @Test func `a mark at the start is no text, and rows without an owner are nobody's`() async throws {
        let world = try await World(TestHub())
        let marked = [0xEF, 0xBB, 0xBF] + Self.text("K0,7,7\n,8,8\n\"\",9,9\nNA,1,1\n")
        let answer = try await world.exchange.provider.call(
            .put, Self.path, body: .bytes(marked, "text/csv")
        ).json
        #expect(answer["rows"] == 4 && answer["owners"] == 1 && answer["ownerless_rows"] == 3)
        #expect(try await world.exchange.read(world.token).rows == ["K0,7,7"])
        #expect(try world.exchange.hub.datasetFiles().count == world.files.count)
    }

    @Test func `a line of a gigabyte costs neither memory nor disk`() async throws {
        let world = try await World(TestHub())
        let provider = world.exchange.provider
        var request = HTTPClientRequest(url: provider.url(Self.path, on: .machines))
        request.method = .PUT
        request.tlsConfiguration = provider.profile.tls
        request.headers = ["Content-Type": "text/csv"]
        request.body = .stream(EndlessLine(head: "\(Self.header)K0,", pieces: 1024), length: .unknown)
        let response = try await HTTPClient.hub.execute(request, timeout: .seconds(600))
        let body = try await response.body.collect(upTo: 1 << 20)
        let problem = try JSON.parse(Array(body.readableBytesView))
        #expect(response.status == .unprocessableEntity && problem["code"] == "bad_lines", "\(problem)")
        #expect(problem["bad_lines"]?.array?.first?["reason"] == "row_too_long", "\(problem)")
        let hub = world.exchange.hub
        let pid = try #require(hub.processIdentifier)
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kibibytes = try #require(peak?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        #expect(kibibytes < 512 << 10, "\(kibibytes) KiB")
        try await world.expectUnchanged("a gigabyte")
    }

    @Test func `a length that is not the file's publishes nothing but what it names`() async throws {
        let world = try await World(TestHub())
        let rows = Self.text("K0,5,5\n")
        for length in [rows.count - 3, rows.count + 1_000] {
            let head =
                "PUT \(Self.path) HTTP/1.1\r\nHost: hub\r\nContent-Type: text/csv\r\n"
                + "Content-Length: \(length)\r\n\r\n"
            let output = try ConnectionTests.connect(
                world.exchange.hub, world.exchange.provider, head + String(decoding: rows, as: UTF8.self))
            #expect(!output.contains("HTTP/1.1 200"), "\(output)")
            #expect(length > rows.count || output.contains("HTTP/1.1 422"), "\(output)")
        }
        try await world.expectUnchanged("a length that lies")
        _ = try await world.exchange.provider.call(.put, Self.path, body: .bytes(rows, "text/csv"))
        #expect(try await world.exchange.read(world.token).rows == ["K0,5,5"])
    }

    @Test(.enabled(if: Tmpfs.isAvailable, "this process may not mount a file system"))
    func `a disk that fills keeps the old version, and takes the file when there is room`() async throws {
        let disk = try Tmpfs(sizeKiB: 65_536)
        let world = try await World(TestHub(settings: "disk_reserve_bytes: 0\n", in: disk.path))
        let rows = (0..<60_000).map { "K0,\($0),\($0).25\n" }.joined()
        let (file, provider) = (Self.text(rows), world.exchange.provider)
        try disk.fill(leavingKiB: 1024)
        for method in [HubClient.Method.put, .post] {
            // What was logged is published a moment later. A disk that is full just then stops the log.
            try await Task.sleep(for: .seconds(2))
            let problem = try await provider.problem(method, Self.path, body: .bytes(file, "text/csv"))
            #expect(problem.status == 503 && problem.code == "disk_full", "\(problem.members)")
            try await world.expectUnchanged("a full disk")
        }
        try disk.drain()
        let answer = try await provider.call(.put, Self.path, body: .bytes(file, "text/csv")).json
        #expect(answer["rows"] == 60_000 && answer["version"] == 2)
        #expect(try await world.exchange.read(world.token).rows.count == 60_000)
        withExtendedLifetime(disk) {}
    }
}

/// A head, and behind it as many mebibytes without a line end.
private struct EndlessLine: AsyncSequence, Sendable {
    let head: String
    let pieces: Int

    func makeAsyncIterator() -> Iterator { Iterator(line: self) }

    struct Iterator: AsyncIteratorProtocol {
        private static let piece = ByteBuffer(bytes: [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20))

        let line: EndlessLine
        private var sent = -1

        init(line: EndlessLine) { self.line = line }

        mutating func next() async -> ByteBuffer? {
            sent += 1
            if sent == 0 { return ByteBuffer(string: line.head) }
            return sent <= line.pieces ? Self.piece : nil
        }
    }
}
