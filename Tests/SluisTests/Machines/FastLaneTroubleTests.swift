import Foundation
import Model
import NIOHTTP1
import RemoteHub
import TestSupport
import Testing

@testable import sluis

/// Clients that go, that do not read, that hold back what they announced; answers at the bounds of what there
/// may be.
@Suite("Prepared answers and awkward clients", .serialized)
struct FastLaneTroubleTests {
    private static func head(_ target: String, _ token: String, _ more: [String] = []) -> String {
        (["GET \(target) HTTP/1.1", "Host: hub", "Authorization: Bearer \(token)"] + more + ["", ""])
            .joined(separator: "\r\n")
    }

    /// Runs a script of Python that has `connect()`, which gives a TLS connection to the machines listener,
    /// and `request`, the bytes of a request.
    private static func python(_ exchange: TestExchange, _ request: String, _ script: String) throws -> String
    {
        let common = """
            import json, os, socket, ssl, struct, sys, time
            port, folder = int(sys.argv[1]), sys.argv[2]
            request = sys.argv[3].encode()
            def connect():
                tls = ssl.create_default_context(cafile=folder + '/ca.pem')
                tls.load_cert_chain(folder + '/certificate.pem', folder + '/key.pem')
                tls.check_hostname = False
                raw = socket.create_connection(('127.0.0.1', port))
                return tls.wrap_socket(raw, suppress_ragged_eofs=True)
            def read_all(connection, seconds):
                connection.settimeout(seconds)
                data, closed = b'', True
                try:
                    while chunk := connection.recv(65536):
                        data += chunk
                except TimeoutError:
                    closed = False
                except OSError:
                    pass
                return data, closed

            """
        let port = try #require(exchange.hub.machines.split(separator: ":").last.map(String.init))
        let ran = try Program.run(
            at: URL(filePath: "/usr/bin/python3"),
            ["-c", common + script, port, exchange.consumer.profile.folder, request])
        try #require(ran.status == 0, "\(ran.errors)")
        return ran.output
    }

    private static func exchange(_ settings: String = "", csv: String? = nil) async throws -> TestExchange {
        let exchange = try await TestExchange(TestHub(settings: settings), owners: 1, csv: csv)
        try await exchange.grant(0)
        return exchange
    }

    @Test("Who goes while his answer is being logged takes nothing with him") func gone() async throws {
        let exchange = try await Self.exchange()
        let token = try await exchange.token()
        for _ in 0..<3 { _ = try await exchange.read(token) }
        let script = """
            for turn in range(120):
                connection = connect()
                connection.sendall(request)
                if turn % 2:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                    os.close(connection.detach())
                else:
                    connection.close()
            """
        _ = try Self.python(exchange, Self.head("/data/flights", token), script)
        try await Task.sleep(for: .seconds(1))
        #expect(exchange.hub.isRunning)
        #expect(try await exchange.raw(token).status == 200)
        #expect(exchange.hub.stop() == 0)
        let entries = try exchange.hub.entries().filter { $0["type"]?.string?.hasPrefix("access") == true }
        let corrected = Set(entries.compactMap { $0["corrects"]?.integer })
        #expect(corrected.count >= 3 && corrected.count < entries.count / 2, "\(corrected.count)")
        #expect(!exchange.hub.errors.contains("failed"), "\(exchange.hub.errors)")
        #expect(try Program.run("sluis", ["log", "fsck", "--data", exchange.hub.data]).status == 0)
    }

    @Test("Large ones, and many at once to a reader who reads in bursts, leave whole and once each")
    func bursts() async throws {
        let rows = (10..<75).map { "K0,\($0),0.\(String(repeating: "7", count: 985))\n" }
        let csv = "plane,seat,fare\n" + rows.joined()
        let exchange = try await Self.exchange(csv: csv)
        let token = try await exchange.token()
        for _ in 0..<200 { #expect(try await exchange.read(token).text == csv) }
        let script = """
            connection = connect()
            count = 60
            connection.settimeout(60)
            connection.sendall(request * count)
            data = b''
            while data.count(b'\\r\\n0\\r\\n') < count or not data.endswith(b'\\r\\n\\r\\n'):
                chunk = connection.recv(200000)
                if not chunk: break
                data += chunk
                time.sleep(0.002)
            marks = [b'HTTP/1.1 200 OK', b'K0,74,', b'Sluis-Receipt: ']
            print(json.dumps([data.count(mark) for mark in marks]))
            """
        let said = try Self.python(exchange, Self.head("/data/flights", token), script)
        #expect(said.hasPrefix("[60, 60, 60]"), "\(said)")
    }

    @Test("What the policies permit until a time is not answered after it, whatever was prepared")
    func until() async throws {
        let hub = try TestHub()
        let end = Instant.system.adding(seconds: 6)
        let exchange = try await TestExchange(hub, owners: 1, validUntil: end)
        try await exchange.grant(0)
        let token = try await exchange.token()
        var answered = 0
        while Instant.system < end.adding(seconds: 1) {
            let asked = Instant.system
            let answer = try await exchange.raw(token)
            if answer.status == 200 { answered += 1 }
            // Tokens end with whole seconds.
            #expect(answer.status == 200 || Instant.system >= end.adding(seconds: -2), "\(answer.status)")
            #expect(
                answer.status != 200 || asked < end, "answered at \(asked), the agreement ended at \(end)")
            try await Task.sleep(for: .milliseconds(3))
        }
        #expect(answered > 50)
    }

    @Test("An entry nearly as large as one may be is written, or refused, and the hub lives")
    func largeEntry() async throws {
        // Fields whose names make the entry nearly as large as one may be.
        let names = (0..<250).map { number in "f\(number)" + String(repeating: "x", count: 246) }
        let csv =
            "plane," + names.joined(separator: ",") + "\nK0" + String(repeating: ",1", count: 250) + "\n"
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 1)
        let fields =
            [["id": "plane", "name": "plane", "type": "string"]]
            + names.enumerated().map {
                ["id": .string("i\($0)"), "name": .string($1), "type": "integer"] as JSON
            }
        _ = try await exchange.provider.call(
            .post, "/api/v1/datasets",
            body: .json([
                "id": "wide", "title": "Wide", "owner_rule": ["column": "plane"], "fields": .array(fields),
            ]))
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/wide/data", body: .bytes(Array(csv.utf8), "text/csv"))
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/wide/links",
            body: .bytes(Array("owner_key,owner\nK0,\(exchange.owners[0].id)\n".utf8), "text/csv"))
        let agreement = try await TestExchange.agreement(
            "wide", ["plane"] + names, exchange.consumer, exchange.provider)
        _ = try await exchange.owners[0].client.call(
            .post, "/api/v1/grants", body: .json(["agreement": .string(agreement)]))
        let form = exchange.tokenForm(dataset: "wide", agreement: agreement)
        let token = try await exchange.consumer.call(.post, "/oauth/token", body: form).text("access_token")
        for _ in 0..<4 {
            let answer = try await exchange.raw(token, dataset: "wide")
            #expect(answer.status == 200 || answer.status == 503, "\(answer.status)")
        }
        #expect(hub.isRunning)
        #expect(hub.stop() == 0)
        #expect(try Program.run("sluis", ["log", "verify", "--data", hub.data]).status == 0)
    }

    @Test("A body that is held back: told to come, or the connection ends with the answer") func expect()
        async throws
    {
        let exchange = try await Self.exchange()
        let token = try await exchange.token()
        let form = "grant_type=x"
        let post = [
            "POST /oauth/token HTTP/1.1", "Host: hub", "Content-Type: application/x-www-form-urlencoded",
            "Content-Length: \(form.utf8.count)", "Expect: 100-continue", "", "",
        ].joined(separator: "\r\n")
        let read = Self.head("/data/flights", token)
        let withBody = Self.head("/data/flights", token, ["Content-Length: 200", "Expect: 100-continue"])
        let script = """
            post, read, with_body = [text.encode() for text in json.loads(request)]
            def told(data): return [data.count(b'HTTP/1.1 ' + code) for code in [b'100', b'200', b'400']]
            results = []
            # Told to come.
            connection = connect(); connection.sendall(post); time.sleep(0.5)
            connection.sendall(b'grant_type=x')
            data, closed = read_all(connection, 1); results.append(told(data) + [closed])
            # Behind a read, whose answer must not end the connection.
            connection = connect(); connection.sendall(read + post); time.sleep(0.5)
            connection.sendall(b'grant_type=x')
            data, closed = read_all(connection, 1); results.append(told(data) + [closed])
            # Nobody wants a body: what comes next could be anything.
            for turn in range(3):
                connection = connect(); connection.sendall(with_body)
                data, closed = read_all(connection, 3); results.append(told(data) + [closed])
            print(json.dumps(results))
            """
        let texts = JSON.array([.string(post), .string(read), .string(withBody)]).canonicalText
        let said = try JSON.parse(try Self.python(exchange, texts, script)).array ?? []
        #expect(said.prefix(2) == [[1, 0, 1, false], [1, 1, 1, false]], "\(said)")
        #expect(said.dropFirst(2).allSatisfy { $0 == [0, 1, 0, true] }, "\(said)")
    }

    @Test("Behind a prepared answer nobody waits for a body that does not come, nor for a reader who sends")
    func patience() async throws {
        let rows = (10..<70).map { "K0,\($0),0.\(String(repeating: "7", count: 985))\n" }
        let exchange = try await Self.exchange(
            "patience_seconds: 1\n", csv: "plane,seat,fare\n" + rows.joined())
        let token = try await exchange.token()
        for _ in 0..<2 { _ = try await exchange.read(token) }
        let script = """
            half = b'POST /oauth/token HTTP/1.1\\r\\nHost: hub\\r\\nContent-Length: 1000\\r\\n\\r\\n'
            connection = connect(); connection.sendall(request + half)
            begun = time.time(); data, closed = read_all(connection, 20)
            results = [closed, time.time() - begun < 10]
            # One who asks for much, reads nothing and sends a byte now and then.
            connection = connect(); begun = time.time(); ended = False
            connection.settimeout(1)
            try:
                connection.sendall(request * 100)
                while time.time() - begun < 20:
                    connection.sendall(b'G'); time.sleep(0.2)
            except OSError:
                ended = True
            results += [ended, time.time() - begun < 15]
            print(json.dumps(results))
            """
        let said = try Self.python(exchange, Self.head("/data/flights", token), script)
        #expect(said.hasPrefix("[true, true, true, true]"), "\(said)")
    }

    @Test(
        "A HEAD over HTTP/2 ends, of data and of nothing",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "curl is missing"))
    func headOverHTTP2() async throws {
        let exchange = try await Self.exchange()
        let token = try await exchange.token()
        let profile = exchange.consumer.profile.folder
        for (path, status) in [("/data/flights", "200"), ("/nothing", "404"), ("/log/checkpoint", "405")] {
            let ran = try Program.run(
                at: URL(filePath: "/usr/bin/curl"),
                [
                    "-sS", "--http2", "-I", "-m", "10", "--cacert", "\(profile)/ca.pem", "--cert",
                    "\(profile)/certificate.pem", "--key", "\(profile)/key.pem", "--oauth2-bearer", token,
                    exchange.hub.machines + path,
                ])
            #expect(
                ran.status == 0 && ran.output.hasPrefix("HTTP/2 \(status)"),
                "\(path): \(ran.output)\(ran.errors)")
        }
    }
}
