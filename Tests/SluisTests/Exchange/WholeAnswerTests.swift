import AuditLog
import Cryptography
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import TestSupport
import Testing

@testable import sluis

/// Answers of at most 64 KiB: assembled whole, one entry, sent in one piece or not at all.
@Suite("An answer that is assembled whole has one entry", .serialized)
struct WholeAnswerTests {
    /// The index in the log, and what stands there.
    private typealias Found = (index: Int64, entry: JSON)

    private static func accesses(_ hub: TestHub) throws -> [Found] {
        let schema = try EntrySchema()
        return try hub.entries().enumerated().compactMap { index, entry in
            guard entry["type"]?.string?.hasPrefix("access") == true else { return nil }
            #expect(schema.faults(of: entry) == [])
            return (Int64(index), entry)
        }
    }

    private static func receipt(_ read: TestExchange.Read) throws -> JSON {
        try JSON.parse(
            try #require(read.trailers.first(name: "Sluis-Receipt").flatMap { Base64.decodeURL($0) }))
    }

    /// The history of an owner once the index reaches to an entry: entry and rows, newest first.
    private static func history(_ exchange: TestExchange, _ owner: Int, upTo entry: Int64) async throws
        -> [[Int64]]
    {
        for _ in 0..<500 {
            let page = try await exchange.owners[owner].client.call(.get, "/api/v1/accesses").json
            if try #require(page["indexed_to"]?.integer) > entry {
                return try #require(page["items"]?.array).map { item in
                    [try #require(item["entry"]?.integer), item["rows"]?.integer ?? -1]
                }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw NotThere()
    }

    private struct NotThere: Error {}

    private static func sideFiles(_ hub: TestHub) throws -> Set<String> {
        Set(
            try FileManager.default.contentsOfDirectory(atPath: hub.data + "/side").filter {
                !$0.hasPrefix(".")
            })
    }

    /// Waits for the side file of an answer that is about to be logged.
    private static func newSideFile(_ hub: TestHub, besides known: Set<String>) async throws -> String {
        for _ in 0..<2000 {
            if let new = try sideFiles(hub).subtracting(known).first { return new }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw NotThere()
    }

    private static func lines(_ hub: TestHub, _ entry: JSON) throws -> [[String: JSON]?] {
        let path = hub.data + "/side/" + (try #require(entry.sideFileName))
        return try SideFile(
            file: Array(try Data(contentsOf: URL(filePath: path))),
            commitment: try #require(entry["delivered"]?.string.flatMap { Base64.decodeURL($0) })
        ).lines
    }

    @Test("With `digest: off` no answer carries one, no entry has one, and all else is as it was")
    func withoutDigests() async throws {
        let hub = try TestHub(settings: "digest: off\n")
        let rows = (0..<9000).map { "K0,\($0),0.5\n" }
        let exchange = try await TestExchange(hub, owners: 1, csv: "plane,seat,fare\n" + rows.joined())
        try await exchange.grant(0)
        let token = try await exchange.token()
        for (query, fields) in [
            ("?limit=3", [:]), ("", [:]), ("", ["Accept-Encoding": "gzip"]),
        ] as [(String, HTTPHeaders)] {
            let answer = try await exchange.raw(token, query, fields)
            #expect(answer.trailers.first(name: "Sluis-Status") == "complete")
            #expect(answer.trailers.first(name: "Repr-Digest") == nil)
            #expect(answer.headers.first(name: "Trailer")?.contains("Digest") == false)
            let text = String(decoding: try answer.unpacked(), as: UTF8.self)
            #expect(text.split(separator: "\n").count == (query.isEmpty ? 9001 : 4))
        }
        // What was logged last is in the published log once the hub is down.
        #expect(hub.stop() == 0)
        let ends = try Self.accesses(hub).filter { $0.entry["type"] != "access.decided" }
        #expect(ends.count == 3 && ends.allSatisfy { $0.entry["digest"] == .null }, "\(ends)")
    }

    @Test("It is decision and completion, its receipt verifies, and it is in the owners' histories")
    func oneEntry() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 3)
        for owner in 0..<2 { try await exchange.grant(owner) }
        let read = try await exchange.read(exchange.token(), query: "?fields=seat,plane")
        let index = try #require(read.headers.first(name: "Sluis-Entry").flatMap { Int64($0) })
        let receipt = try Self.receipt(read)
        #expect(receipt["decision"]?.integer == index && receipt["completion"]?.integer == index)
        #expect(read.trailers.first(name: "Sluis-Status") == "complete")
        #expect(read.headers.first(name: "Date")?.hasSuffix(" GMT") == true)
        #expect(try await Self.history(exchange, 0, upTo: index) == [[index, 1]])
        #expect(try await Self.history(exchange, 1, upTo: index) == [[index, 2]])
        #expect(try await Self.history(exchange, 2, upTo: index) == [])

        let body = try hub.scratch.file("body", read.text)
        let file = try hub.scratch.file("receipt", try #require(read.trailers.first(name: "Sluis-Receipt")))
        let options = ["--dir", hub.data + "/log", "--vkey", try hub.vkey(), "--receipt", file, "--body"]
        let verified = try Program.run("sluis-verify", options + [body])
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        #expect(verified.output.contains("decision \(index) and completion \(index) of "))
        let other = try hub.scratch.file("other", read.text + "K2,0,2.0\n")
        #expect(try Program.run("sluis-verify", options + [other]).status == 1)

        hub.stop()
        let found = try Self.accesses(hub)
        #expect(found.map(\.index) == [index])
        let entry = try #require(found.first?.entry)
        #expect(entry["type"] == "access" && entry["decision"] == "permit" && entry["status"] == "complete")
        #expect(entry["rows"] == 3 && entry["bytes"]?.integer == Int64(read.text.utf8.count))
        #expect(entry["fields"] == ["seat", "plane"] && entry["purpose"]?.string == TestExchange.purpose)
        let epoch = try #require(entry["epoch"])
        #expect(entry["epochs"] == [[epoch, 0]] && entry["agreement"]?.string == exchange.agreement)
        #expect(read.headers.first(name: "Sluis-Epoch") == epoch.integer.map { String($0) })
        #expect(try Self.lines(hub, entry).compactMap { $0?["owner"]?.string }.sorted() == ["K0", "K1"])
    }

    @Test("Of an open dataset too, which has no owners and no agreement")
    func open() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 0)
        try await TestExchange.publish(
            "open", "plane,seat,fare\nK1,1,2.5\n", rule: ["open": true], by: exchange.provider)
        let read = try await exchange.read(nil, dataset: "open", accept: "application/x-ndjson")
        #expect(read.text == "{\"plane\":\"K1\",\"seat\":1,\"fare\":2.5}\n")
        exchange.hub.stop()
        let found = try Self.accesses(exchange.hub)
        #expect(found.map(\.entry["type"]) == ["access"])
        let entry = try #require(found.first?.entry)
        #expect(entry["agreement"] == .null && entry["epochs"] == [] && entry["delivered"] == .null)
        #expect(entry["actor"] == .null && entry["rows"] == 1)
    }

    @Test(
        "Up to the 65,536th byte of the body, its header included; one more is a stream", arguments: [0, 1])
    func border(beyond: Int) async throws {
        // 16 bytes of header and 65 rows of 1008 are 65,536.
        let rows = (10..<75).map { row in
            let digits = String(repeating: "7", count: 999 + (row == 74 ? beyond : 0))
            return "K0,\(row),0.\(digits)\n"
        }
        let csv = "plane,seat,fare\n" + rows.joined()
        try #require(csv.utf8.count == 65_536 + beyond)
        let exchange = try await TestExchange(TestHub(), owners: 1, csv: csv)
        try await exchange.grant(0)
        let read = try await exchange.read(exchange.token())
        #expect(read.text == csv && read.trailers.first(name: "Sluis-Status") == "complete")
        let receipt = try Self.receipt(read)
        exchange.hub.stop()
        let found = try Self.accesses(exchange.hub)
        #expect(
            found.map(\.entry["type"]) == (beyond == 0 ? ["access"] : ["access.decided", "access.completed"]))
        #expect(receipt["decision"]?.integer == found.first?.index)
        #expect(receipt["completion"]?.integer == found.last?.index)
        #expect(found.last?.entry["bytes"]?.integer == Int64(65_536 + beyond))
    }

    /// A hub in which the next commit of the log takes this long.
    private static func slowLog(_ hub: TestHub, milliseconds: Int) throws -> Tracer {
        try Tracer(
            of: try #require(hub.processIdentifier), "fdatasync:delay_exit=\(milliseconds * 1000):when=1",
            path: hub.data + "/journal/\(Tracer.firstSegment)")
    }

    @Test(
        "Withdrawn between its entry and its write: nothing of it leaves, and no history has it",
        .enabled(if: Tracer.isAvailable, "strace is missing (Debian: strace) or may not trace"))
    func overtaken() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 2)
        var grants: [JSON] = []
        for owner in 0..<2 { grants.append(try await exchange.grant(owner)) }
        let token = try await exchange.token()
        let known = try Self.sideFiles(hub)
        let tracer = try Self.slowLog(hub, milliseconds: 5000)
        async let reading = exchange.read(token)
        // It is assembled, with the rows of both, and its entry is on its way to the disk.
        let stream = try await Self.newSideFile(hub, besides: known)
        let withdrawn = try await exchange.withdraw(grants[1], by: 1)
        let read = try await reading
        tracer.end()

        #expect(read.rows == TestExchange.rows(of: [0], owners: 2))
        let epoch = try #require(withdrawn["epoch"]?.integer)
        #expect(read.headers.first(name: "Sluis-Epoch").flatMap { Int64($0) } == epoch)
        let receipt = try Self.receipt(read)
        let completion = try #require(receipt["completion"]?.integer)
        #expect(try await Self.history(exchange, 0, upTo: completion) == [[completion, 1]])
        #expect(try await Self.history(exchange, 1, upTo: completion) == [])

        hub.stop()
        let found = try Self.accesses(hub)
        #expect(
            found.map(\.entry["type"]) == [
                "access", "access.completed", "access.decided", "access.completed",
            ])
        try #require(found.count == 4)
        let (stale, taken, decided) = (found[0], found[1], found[2])
        #expect(stale.entry["stream"]?.string == stream && stale.entry["rows"] == 3)
        #expect(stale.index < (try #require(withdrawn["entry"]?.integer)))
        #expect(taken.entry["stream"]?.string == stream && taken.entry["corrects"]?.integer == stale.index)
        #expect(taken.entry["status"] == "cut" && taken.entry["rows"] == 0 && taken.entry["bytes"] == 0)
        #expect(taken.entry["epochs"] == [] && taken.entry["delivered"] == .null)
        #expect(try Self.lines(hub, stale.entry) == [nil, nil], "the side file forgot both owners")
        #expect(receipt["decision"]?.integer == decided.index && completion == found[3].index)
        #expect(read.headers.first(name: "Sluis-Entry") == String(decided.index))
        #expect(decided.entry["stream"]?.string != stream && found[3].entry["rows"] == 1)

        // An index that is built from log and side files alone says the same.
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: hub.data + "/index.db" + suffix)
        }
        try hub.start()
        #expect(try await Self.history(exchange, 0, upTo: completion) == [[completion, 1]])
        #expect(try await Self.history(exchange, 1, upTo: completion) == [])
    }

    /// Asks for the dataset, and resets its connection when its input ends. A connection that is closed in
    /// order could still be read from.
    private static func restlessReader(_ exchange: TestExchange, _ token: String) throws -> (Process, Pipe) {
        let script = """
            import os, socket, ssl, struct, sys
            port, folder, token = sys.argv[1:]
            tls = ssl.create_default_context(cafile=folder + '/ca.pem')
            tls.load_cert_chain(folder + '/certificate.pem', folder + '/key.pem')
            tls.check_hostname = False
            connection = tls.wrap_socket(socket.create_connection(('127.0.0.1', int(port))))
            head = 'GET /data/flights HTTP/1.1\\r\\nHost: hub\\r\\nAuthorization: Bearer %s\\r\\n\\r\\n'
            connection.sendall((head % token).encode())
            sys.stdin.read()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            os.close(connection.detach())
            """
        let port = try #require(exchange.hub.machines.split(separator: ":").last.map(String.init))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", script, port, exchange.consumer.profile.folder, token]
        let input = Pipe()
        process.standardInput = input
        try process.run()
        return (process, input)
    }

    @Test(
        "Whose reader left before it could be written is taken back: nobody has got it",
        .enabled(if: Tracer.isAvailable, "strace is missing (Debian: strace) or may not trace"))
    func closed() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 1)
        try await exchange.grant(0)
        let token = try await exchange.token()
        let known = try Self.sideFiles(hub)
        let tracer = try Self.slowLog(hub, milliseconds: 5000)
        let (reader, input) = try Self.restlessReader(exchange, token)
        _ = try await Self.newSideFile(hub, besides: known)
        try input.fileHandleForWriting.close()
        reader.waitUntilExit()
        #expect(reader.terminationStatus == 0)
        // Until the hub has seen it.
        try await Task.sleep(for: .seconds(1))
        tracer.end()
        let supervisor = try await hub.person("supervisor", role: "supervisor").client
        var taken: JSON?
        for _ in 0..<500 where taken == nil {
            let page = try await supervisor.call(.get, "/api/v1/log/entries?type=access.completed").json
            taken = page["items"]?.array?.first
            try await Task.sleep(for: .milliseconds(20))
        }
        let index = try #require(taken?["index"]?.integer)
        #expect(try await Self.history(exchange, 0, upTo: index) == [])
        // The hub goes on, and the next read is in it.
        let next = try await exchange.read(token)
        let entry = try #require(next.headers.first(name: "Sluis-Entry").flatMap { Int64($0) })
        #expect(try await Self.history(exchange, 0, upTo: entry) == [[entry, 1]])
        hub.stop()
        let found = try Self.accesses(hub)
        #expect(found.map(\.entry["type"]) == ["access", "access.completed", "access"])
        try #require(found.count == 3)
        #expect(found[1].entry["corrects"]?.integer == found[0].index)
        #expect(found[1].entry["status"] == "cut" && found[1].entry["rows"] == 0)
        #expect(try Self.lines(hub, found[0].entry) == [nil])
    }

    @Test(
        "An owner who is erased while one of them is held up is in no side file and no history",
        .enabled(if: Tracer.isAvailable, "strace is missing (Debian: strace) or may not trace"))
    func erased() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 2)
        for owner in 0..<2 { try await exchange.grant(owner) }
        let token = try await exchange.token()
        let first = try await exchange.read(token)
        let known = try Self.sideFiles(hub)
        let tracer = try Self.slowLog(hub, milliseconds: 3000)
        // Asked in another way, so that it is assembled anew.
        async let reading = exchange.read(token, query: "?fields=plane,seat,fare")
        _ = try await Self.newSideFile(hub, besides: known)
        _ = try await hub.operatorClient.call(.post, "/api/v1/persons/\(exchange.owners[1].id)/erase")
        let read = try await reading
        tracer.end()
        #expect(first.rows.count == 3 && read.rows == TestExchange.rows(of: [0], owners: 2))
        hub.stop()
        for name in try Self.sideFiles(hub) {
            let text = try String(contentsOfFile: hub.data + "/side/" + name, encoding: .utf8)
            #expect(!text.contains("\"K1\"") && !text.contains(exchange.owners[1].id))
        }
        let found = try Self.accesses(hub)
        #expect(found.first?.entry["type"] == "access")
        let left = try Self.lines(hub, try #require(found.first?.entry)).compactMap { $0?["owner"]?.string }
        #expect(left == ["K0"], "the read before it keeps the line of the other")
    }
}
