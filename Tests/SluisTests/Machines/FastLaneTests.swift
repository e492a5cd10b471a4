import AuditLog
import Cryptography
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import TestSupport
import Testing

@testable import sluis

/// Answers that are at hand: each is decided, logged and written by itself, as every other.
@Suite("An answer that was prepared is the answer that would have been made", .serialized)
struct FastLaneTests {
    private static func prepared(_ hub: TestHub) async throws -> Int {
        let text = try await hub.operatorClient.call(.get, "/metrics").bytes
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("sluis_prepared_answers_total ") })
        return try #require(line.split(separator: " ").last.flatMap { Int($0) })
    }

    /// Reads until the answer is at hand: that is a little after the first reader has it.
    private static func warm(
        _ exchange: TestExchange, _ token: String, _ query: String = "", _ accept: String = "text/csv"
    )
        async throws
    {
        let before = try await prepared(exchange.hub)
        for _ in 0..<50 {
            _ = try await exchange.read(token, query: query, accept: accept)
            if try await prepared(exchange.hub) > before { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("no answer was prepared")
    }

    private static func head(_ target: String, _ token: String?, _ more: [String] = []) -> String {
        let authorization = token.map { ["Authorization: Bearer \($0)"] } ?? []
        return (["GET \(target) HTTP/1.1", "Host: hub"] + authorization + more + ["", ""])
            .joined(separator: "\r\n")
    }

    /// Of one answer, without what each has of its own.
    private static func common(_ read: TestExchange.Read) -> [String] {
        let own: Set = ["sluis-entry", "date", "sluis-receipt"]
        return (read.headers.map { ($0.name, $0.value) } + read.trailers.map { ($0.name, $0.value) })
            .filter { !own.contains($0.0.lowercased()) }.map { "\($0.0.lowercased()): \($0.1)" }.sorted()
    }

    private static func accesses(_ hub: TestHub) throws -> [JSON] {
        let schema = try EntrySchema()
        return try hub.entries().filter { entry in
            guard entry["type"]?.string?.hasPrefix("access") == true else { return false }
            #expect(schema.faults(of: entry) == [])
            return true
        }
    }

    @Test("To the byte, with an entry, a receipt and a place in the histories of its own")
    func same() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 3)
        for owner in 0..<2 { try await exchange.grant(owner) }
        let token = try await exchange.token()
        for query in ["", "?fields=seat,plane", "?fields=fare"] {
            for accept in ["text/csv", "application/x-ndjson"] {
                var reads = [try await exchange.read(token, query: query, accept: accept)]
                try await Self.warm(exchange, token, query, accept)
                let before = try await Self.prepared(hub)
                for _ in 0..<3 { reads.append(try await exchange.read(token, query: query, accept: accept)) }
                #expect(try await Self.prepared(hub) == before + 3)
                #expect(Set(reads.map(\.text)).count == 1 && Set(reads.map(Self.common)).count == 1)
                #expect(Set(reads.compactMap { $0.headers.first(name: "Sluis-Entry") }).count == 4)
                #expect(Set(reads.compactMap { $0.trailers.first(name: "Sluis-Receipt") }).count == 4)
                // A checkpoint is published at most every 100 ms.
                try await Task.sleep(for: .milliseconds(300))
                for read in reads {
                    let body = try hub.scratch.file("body", read.text)
                    let receipt = try hub.scratch.file(
                        "receipt", try #require(read.trailers.first(name: "Sluis-Receipt")))
                    let verified = try Program.run(
                        "sluis-verify",
                        [
                            "--dir", hub.data + "/log", "--vkey", try hub.vkey(), "--receipt", receipt,
                            "--body",
                            body,
                        ])
                    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
                }
            }
        }
        // Another token of the same client and rights is answered too; one of fewer is another question.
        let other = try await exchange.token()
        #expect(try await exchange.read(other).text == exchange.read(token).text)
        let before = try await Self.prepared(hub)
        #expect(try await exchange.read(other).text == exchange.read(token).text)
        #expect(try await Self.prepared(hub) == before + 2)
        let narrow = try await exchange.token(["fields": ["seat"]])
        #expect(try await exchange.read(narrow).text.hasPrefix("seat\n"))
        #expect(try await Self.prepared(hub) == before + 2)

        #expect(hub.stop() == 0)
        let entries = try Self.accesses(hub)
        #expect(entries.count >= 35 && entries.allSatisfy { $0["status"] == "complete" })
        #expect(entries.count { $0["side"] != nil } >= 27)
        for entry in entries {
            let rows = try exchange.deliveries(entry)
            #expect(rows == ["K0": 1, "K1": 2], "\(entry.canonicalText)")
        }
        #expect(Set(entries.compactMap { $0["stream"]?.string }).count == entries.count)
        #expect(Set(entries.compactMap { $0["nonce"]?.string }).count == entries.count)
        let verified = try Program.run("sluis", ["log", "fsck", "--data", hub.data])
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }

    @Test("Pipelined in every mix of ways, answers come in order, each to its request") func pipelined()
        async throws
    {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 2)
        try await exchange.grant(0)
        let token = try await exchange.token()
        let form = "grant_type=x"
        let post =
            "POST /oauth/token HTTP/1.1\r\nHost: hub\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\n"
        // What is asked, and what only the answer to it has.
        let kinds: [(text: String, status: Int, mark: String)] = [
            (Self.head("/data/flights", token), 200, "K0,0,0.0"),
            (Self.head("/data/flights?fields=seat", token), 200, "\r\nseat\n0\n\r\n"),
            (Self.head("/log/checkpoint", nil), 200, "localhost/log\n"),
            (Self.head("/data/flights?fields=none", token), 400, "field_unknown"),
            (Self.head("/data/flights", "x.y.z"), 401, "invalid_token"),
            (Self.head("/data/flights", token, ["Range: bytes=0-3"]), 200, "K0,0,0.0"),
            (
                post + "Content-Length: \(form.utf8.count)\r\n\r\n\(form)", 400, "unsupported_grant_type"
            ),
            (
                post + "Transfer-Encoding: chunked\r\n\r\nc\r\n\(form)\r\n0\r\n\r\n", 400,
                "unsupported_grant_type"
            ),
        ]
        // The first of each is the one that prepares the rest.
        for query in ["", "?fields=seat"] { _ = try await exchange.raw(token, query, [:]) }
        let warm = try RawConnection.send(kinds.prefix(2).map(\.text), by: exchange.consumer, of: hub)
        #expect(warm.map(\.statuses) == [[200], [200]])
        var random = SeededGenerator.announced("mixes of requests")
        var mixes = kinds.indices.flatMap { first in kinds.indices.map { [first, $0, first] } }
        mixes += (0..<40).map { _ in (0..<12).map { _ in Int.random(in: 0..<kinds.count, using: &random) } }
        let before = try await Self.prepared(hub)
        let texts = mixes.map { mix in
            mix.map { kinds[$0].text }.joined() + Self.head("/log/x", nil, ["Connection: close"])
        }
        let answers = try RawConnection.send(texts, by: exchange.consumer, of: hub)
        for (mix, answer) in zip(mixes, answers) {
            #expect(answer.statuses == mix.map { kinds[$0].status } + [404], "\(mix): \(answer)")
            let parts = answer.text.components(separatedBy: "HTTP/1.1 ").dropFirst()
            for (kind, part) in zip(mix, parts) {
                #expect(part.contains(kinds[kind].mark), "\(mix): \(kind) got \(part)")
            }
        }
        #expect(try await Self.prepared(hub) > before + 15)
    }

    @Test("Cut anywhere, two requests behind each other get both their answers") func cut() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 1)
        try await exchange.grant(0)
        let token = try await exchange.token()
        let text = Self.head("/data/flights", token) + Self.head("/data/flights", token, ["Accept: text/csv"])
        _ = try RawConnection.send([text], by: exchange.consumer, of: hub)
        let places = Array(stride(from: 1, to: text.utf8.count, by: text.utf8.count / 12))
        let answers = try RawConnection.send(
            [String](repeating: text, count: places.count), by: exchange.consumer, of: hub, cutAt: places)
        for (place, answer) in zip(places, answers) {
            #expect(answer.statuses == [200, 200] && !answer.isClosed, "cut at \(place): \(answer)")
            #expect(answer.text.components(separatedBy: "K0,0,0.0").count == 3)
        }
    }

    @Test("What ends, ends here: grants, tokens, agreements, organisations, versions") func endings()
        async throws
    {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 2)
        let grants = [try await exchange.grant(0), try await exchange.grant(1)]
        let token = try await exchange.token()
        func read() async throws -> RawAnswer { try await exchange.raw(token) }
        func rows(_ answer: RawAnswer) -> Int {
            String(decoding: answer.body, as: UTF8.self).split(separator: "\n").count - 1
        }
        for _ in 0..<3 { #expect(rows(try await read()) == 3) }
        try await exchange.withdraw(grants[1], by: 1)
        for _ in 0..<3 { #expect(rows(try await read()) == 1) }
        try await exchange.grant(1)
        for _ in 0..<3 { #expect(rows(try await read()) == 3) }
        // Other rows, the same question.
        let csv = TestExchange.csv(owners: 2) + "K0,7,7.5\n"
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/flights/data", body: .bytes(Array(csv.utf8), "text/csv"))
        for _ in 0..<3 { #expect(rows(try await read()) == 4) }
        // A token that is taken back, while another of the same rights goes on.
        let second = try await exchange.token()
        for _ in 0..<2 { #expect(try await exchange.raw(second).status == 200) }
        _ = try await exchange.consumer.call(.post, "/oauth/revoke", body: .form(["token": second]))
        #expect(try await exchange.raw(second).status == 401)
        #expect(rows(try await read()) == 4)
        // Its client.
        let path = "/api/v1/organisations/authority"
        _ = try await hub.operatorClient.call(.post, path + "/suspend")
        #expect(try await read().status == 401)
        _ = try await hub.operatorClient.call(.post, path + "/resume")
        for _ in 0..<2 { #expect(rows(try await read()) == 4) }
        // The provider.
        _ = try await hub.operatorClient.call(.post, "/api/v1/organisations/airport/suspend")
        #expect(try await read().status == 403)
        _ = try await hub.operatorClient.call(.post, "/api/v1/organisations/airport/resume")
        for _ in 0..<2 { #expect(rows(try await read()) == 4) }
        #expect(try await Self.prepared(hub) >= 4)
        // Another client, with its own certificate.
        let thief = try await hub.organisation("thief", roles: ["consumer"])
        #expect(try await exchange.raw(token, by: thief).status == 401)
        _ = try await exchange.provider.call(.post, "/api/v1/agreements/\(exchange.agreement)/end")
        #expect(try await read().status == 403)
    }

    /// A hub in which the next commit of the log takes this long.
    private static func slowLog(_ hub: TestHub, milliseconds: Int) throws -> Tracer {
        try Tracer(
            of: try #require(hub.processIdentifier), "fdatasync:delay_exit=\(milliseconds * 1000):when=1",
            path: hub.data + "/journal/\(Tracer.firstSegment)")
    }

    @Test(
        "Withdrawn between entry and write, nothing of it leaves: it is taken back and decided anew",
        .enabled(if: Tracer.isAvailable, "strace is missing (Debian: strace) or may not trace"))
    func overtaken() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 2)
        let grants = [try await exchange.grant(0), try await exchange.grant(1)]
        let token = try await exchange.token()
        try await Self.warm(exchange, token)
        let before = try await Self.prepared(hub)
        let tracer = try Self.slowLog(hub, milliseconds: 3000)
        async let reading = exchange.read(token)
        try await Task.sleep(for: .milliseconds(500))
        let withdrawn = try await exchange.withdraw(grants[1], by: 1)
        let read = try await reading
        tracer.end()
        #expect(read.rows == TestExchange.rows(of: [0], owners: 2))
        #expect(try await Self.prepared(hub) == before)
        let index = try #require(read.headers.first(name: "Sluis-Entry").flatMap { Int64($0) })
        #expect(index > (try #require(withdrawn["entry"]?.integer)))
        let (first, second) = (
            try await exchange.accesses(of: 0, upTo: index), try await exchange.accesses(of: 1, upTo: index)
        )
        #expect(first.count == second.count + 1)
        hub.stop()
        let entries = try Self.accesses(hub)
        let corrections = entries.filter { $0["corrects"] != nil }
        #expect(corrections.count == 1 && corrections[0]["rows"] == 0 && corrections[0]["status"] == "cut")
        // The file is that of the reads before, which did leave.
        for entry in entries.prefix(2) { #expect(try exchange.deliveries(entry) == ["K0": 1, "K1": 2]) }
    }

    @Test(
        "The log fails while an answer waits for it: 503, and no byte of the rows",
        .enabled(if: Tracer.isAvailable, "strace is missing (Debian: strace) or may not trace"))
    func brokenLog() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 1)
        let grant = try await exchange.grant(0)
        let token = try await exchange.token()
        try await Self.warm(exchange, token)
        let tracer = try Tracer(
            of: try #require(hub.processIdentifier), "fdatasync:error=EIO:when=1",
            path: hub.data + "/journal/\(Tracer.firstSegment)")
        for _ in 0..<3 {
            let answer = try await exchange.raw(token)
            #expect(answer.status == 503 && !String(decoding: answer.body, as: UTF8.self).contains("K0"))
        }
        tracer.end()
        // Giving less still works.
        let withdrawn = try await exchange.withdraw(grant, by: 0)
        #expect(withdrawn["grant"] == grant["grant"] && withdrawn["entry"] == .null, "\(withdrawn)")
    }

    @Test("A hub that stops finishes what it began, and closes") func stopping() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 1)
        try await exchange.grant(0)
        let token = try await exchange.token()
        try await Self.warm(exchange, token)
        // Open connections that wait for nothing do not keep it.
        let begun = ContinuousClock.now
        #expect(hub.stop() == 0)
        #expect(ContinuousClock.now - begun < .seconds(10))
    }

    @Test(
        "Erasing a person empties the file that reads share, and the last entry that shares it takes it along"
    )
    func sharing() async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 2)
        for owner in 0..<2 { try await exchange.grant(owner) }
        let token = try await exchange.token()
        var index: Int64 = 0
        try await Self.warm(exchange, token)
        for _ in 0..<3 {
            let read = try await exchange.read(token)
            index = try #require(read.headers.first(name: "Sluis-Entry").flatMap { Int64($0) })
        }
        let seen = try await exchange.accesses(of: 1, upTo: index).count
        #expect(try await exchange.accesses(of: 0, upTo: index).count == seen && seen >= 5)
        _ = try await exchange.owners[1].client.call(.post, "/api/v1/persons/\(exchange.owners[1].id)/erase")
        hub.stop()
        let entries = try Self.accesses(hub)
        #expect(entries.count == seen && entries.count { $0["side"] != nil } >= 4)
        for entry in entries {
            let name = try #require(entry.sideFileName)
            let file = try SideFile(
                file: Array(try Data(contentsOf: URL(filePath: hub.data + "/side/" + name))),
                commitment: try #require(entry["delivered"]?.string.flatMap { Base64.decodeURL($0) }))
            #expect(file.lines.compactMap { $0?["owner"]?.string } == ["K0"] && file.lines.count == 2)
        }
    }

    @Test("Who is limited is told so here too") func limits() async throws {
        let hub = try TestHub(settings: "limits:\n  requests_per_minute: 5\n")
        let exchange = try await TestExchange(hub, owners: 1)
        try await exchange.grant(0)
        let token = try await exchange.token()
        var answers: [RawAnswer] = []
        for _ in 0..<7 { answers.append(try await exchange.raw(token)) }
        #expect(answers.map(\.status) == [200, 200, 200, 200, 200, 429, 429])
        let left = answers.compactMap { $0.headers.first(name: "RateLimit") }
        #expect(left.prefix(5).map { $0.contains("r=") } == [true, true, true, true, true])
        #expect(Set(left.prefix(5)).count == 5, "\(left)")
    }
}

extension TestExchange {
    /// The history of an owner once the index reaches to an entry.
    fileprivate func accesses(of owner: Int, upTo entry: Int64) async throws -> [JSON] {
        for _ in 0..<500 {
            let page = try await owners[owner].client.call(.get, "/api/v1/accesses").json
            if try #require(page["indexed_to"]?.integer) > entry {
                return try #require(page["items"]?.array)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Refusal("entry \(entry) was not indexed in time")
    }
}
