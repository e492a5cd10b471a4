import DataPlane
import Foundation
import Model
import NIOHTTP1
import Testing

@testable import sluis

/// Datasets whose rows stay at their provider, through the whole hub.
@Suite("Connected datasets", .serialized)
struct ConnectedReadTests {
    @Test("Each reader gets the rows and fields that were granted, as the provider has them now")
    func story() async throws {
        let connected = try await ConnectedExchange(owners: 4)
        let exchange = connected.exchange
        let token = try await exchange.token()
        #expect(try await exchange.read(token).text == "plane,seat,fare\n", "nobody granted yet")
        for owner in 0..<3 { try await exchange.grant(owner, owner == 1 ? ["fields": ["plane"]] : [:]) }
        let read = try await exchange.read(token)
        #expect(
            read.text == "plane,seat,fare\nK0,0,0.0\nK1,,\nK1,,\nK2,0,2.0\nK2,1,2.1\nK2,2,2.2\n",
            "in the provider's order")
        #expect(read.trailers.first(name: "Sluis-Status") == "complete")
        #expect(read.headers.first(name: "ETag") == nil && read.headers.first(name: "Sluis-Withheld") == nil)
        #expect(read.headers.first(name: "Accept-Ranges") == "none")
        #expect(read.trailers.first(name: "Sluis-Fault") == nil)
        connected.script.answer = ConnectedExchange.rows(
            "fare,x,plane,seat\n7,no,K2,\"1\"\n,,K3,5\n0,,K0,NA\n")
        #expect(try await exchange.read(token).text == "plane,seat,fare\nK2,1,7\nK0,NA,0\n")
        let some = try await exchange.read(token, query: "?fields=seat,plane&where=fare%20%3E%201")
        #expect(some.text == "seat,plane\n1,K2\n")
        #expect(try await exchange.read(token, query: "?limit=1").text == "plane,seat,fare\nK2,1,7\n")
        #expect(try await exchange.read(token, query: "?limit=0").text == "plane,seat,fare\n")
        let objects = try await exchange.read(token, accept: "application/x-ndjson")
        #expect(
            objects.text == #"""
                {"plane":"K2","seat":1,"fare":7}
                {"plane":"K0","seat":null,"fare":0}

                """#)
        #expect(connected.server.seen.allSatisfy { $0.head.uri == "/flights.csv" && $0.body.isEmpty })
        #expect(connected.server.seen.count == 7)
        connected.hub.stop()
        let entries = try connected.accesses()
        #expect(entries.count == 14 && entries.allSatisfy { $0["fault"] == nil })
        #expect(entries.last?["rows"] == 2 && entries.last?["withheld"] == .null)
        let versions = try connected.hub.entries("dataset.versioned")
        #expect(versions.map { $0["rows"] } == [.null, .null], "published, then four keys were linked")
        #expect(try connected.hub.entries().allSatisfy { !$0.canonicalText.contains("flights.csv") })
    }

    @Test("Packed answers, the bearer token and NDJSON of an upstream")
    func terms() async throws {
        let connected = try await ConnectedExchange(
            owners: 2, upstream: ["format": "ndjson", "bearer": "s3cret=="])
        let exchange = connected.exchange
        try await exchange.grant(1)
        let token = try await exchange.token()
        let text = (0..<5_000).map { #"{"fare":\#($0),"plane":"K\#($0 % 3)","seat":1}"# + "\n" }.joined()
        let rows = (0..<5_000).filter { $0 % 3 == 1 }.map { "K1,1,\($0)\n" }
        let expected = "plane,seat,fare\n" + rows.joined()
        for coding in [ContentCoding.identity, .gzip, .zstd] {
            let bytes = try Compressor(coding).compress(Array(text.utf8), flush: .end)
            // In pieces that break everything.
            let pieces = stride(from: 0, to: bytes.count, by: 777).map { start in
                Array(bytes[start..<min(start + 777, bytes.count)])
            }
            let isPlain = coding == .identity
            connected.script.answer = .init(
                headers: isPlain ? [:] : ["Content-Encoding": coding.rawValue], pieces: pieces)
            #expect(try await exchange.read(token).text == expected, "\(coding)")
        }
        let seen = try #require(connected.server.seen.last)
        #expect(seen.head.headers.first(name: "Authorization") == "Bearer s3cret==")
        #expect(seen.head.headers.first(name: "Accept") == "application/x-ndjson")
        let shown = try await exchange.provider.call(.get, "/api/v1/datasets/flights/inspection").json
        #expect(shown["upstream"]?["has_bearer"] == true && !shown.canonicalText.contains("s3cret"))
        connected.hub.stop()
        #expect(try connected.hub.entries().allSatisfy { !$0.canonicalText.contains("s3cret") })
    }

    @Test("A withdrawal acts inside the stream: rows under its epoch are not there")
    func withdrawal() async throws {
        let connected = try await ConnectedExchange(owners: 3)
        let exchange = connected.exchange
        let digits = String(repeating: "0123456789", count: 24)
        let text = "plane,seat,fare\n" + (0..<100_000).map { "K\($0 % 3),\($0),0.\(digits)\n" }.joined()
        connected.script.answer = ConnectedExchange.rows(text)
        var grants: [JSON] = []
        for owner in 0..<3 { grants.append(try await exchange.grant(owner)) }
        let token = try await exchange.token()
        var epoch: Int64 = 0
        let read = try await exchange.paused(token) {
            epoch = try #require(try await exchange.withdraw(grants[1], by: 1)["epoch"]?.integer)
        }
        #expect(read.trailers.first(name: "Sluis-Status") == "complete")
        exchange.hub.stop()
        let completion = try exchange.entry(read.completion)
        let epochs = try #require(completion["epochs"]?.array)
        let border = try #require(epochs.first { ($0.array?[0].integer ?? 0) >= epoch }?.array?[1].integer)
        let rest = String(decoding: read.body[Int(border)...], as: UTF8.self)
        #expect(!rest.contains("\nK1,") && rest.contains("\nK0,"))
        let lines = String(decoding: read.body, as: UTF8.self).split(separator: "\n").dropFirst()
        let counts = ["K0,", "K2,"].map { key in lines.count { $0.hasPrefix(key) } }
        #expect(counts == [33_334, 33_333])
        #expect(completion["rows"] == .integer(Int64(lines.count)))
    }

    @Test("Links: a new key flows, one that passed on is nobody's until the provider publishes again")
    func links() async throws {
        let connected = try await ConnectedExchange(owners: 2)
        let exchange = connected.exchange
        connected.script.answer = ConnectedExchange.rows("plane,seat,fare\nK0,0,0\nNEW,1,1\nK1,2,2\n")
        for owner in 0..<2 { try await exchange.grant(owner) }
        let token = try await exchange.token()
        func rows() async throws -> [String] { try await exchange.read(token).rows }
        #expect(try await rows() == ["K0,0,0", "K1,2,2"])
        try await connected.link("NEW,\(exchange.owners[0].id)\n")
        #expect(try await rows() == ["K0,0,0", "K1,2,2", "NEW,1,1"])
        try await connected.link("K0,\(exchange.owners[1].id)\n")
        #expect(try await rows() == ["K1,2,2", "NEW,1,1"], "whose rows of K0 are whose nobody can tell")
        connected.hub.stop()
        try connected.hub.start()
        #expect(try await rows() == ["K1,2,2", "NEW,1,1"], "as before the start")
        try await connected.publishAgain(asNew: false)
        #expect(try await rows() == ["K1,2,2", "NEW,1,1"], "another token is no other file")
        try await connected.publishAgain(asNew: true)
        #expect(try await rows() == ["K0,0,0", "K1,2,2", "NEW,1,1"])
        try await connected.link("NEW,\n")
        #expect(try await rows() == ["K0,0,0", "K1,2,2"])
        _ = try await connected.hub.operatorClient.call(
            .post, "/api/v1/persons/\(exchange.owners[1].id)/erase")
        #expect(try await rows() == [])
        connected.hub.kill()
        try connected.hub.start()
        #expect(try await rows() == [])
    }

    @Test("A read is in the history of those whose rows went")
    func history() async throws {
        let connected = try await ConnectedExchange(owners: 3)
        let exchange = connected.exchange
        for owner in 0..<2 { try await exchange.grant(owner) }
        _ = try await exchange.read(try await exchange.token())
        for (owner, rows) in [(0, [1]), (1, [2]), (2, [])] as [(Int, [Int64])] {
            var items: [JSON] = []
            // The decision is there before the completion.
            for _ in 0..<100 where items.compactMap({ $0["rows"]?.integer }).count < rows.count {
                let page = try await exchange.owners[owner].client.call(.get, "/api/v1/accesses").json
                items = try #require(page["items"]?.array)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(items.map { $0["rows"]?.integer } == rows, "owner \(owner)")
        }
    }

    @Test("An open dataset is read by anyone, without a token")
    func open() async throws {
        let connected = try await ConnectedExchange(owners: 1)
        let exchange = connected.exchange
        _ = try await exchange.provider.call(
            .post, "/api/v1/datasets", body: .json(TestExchange.describe("open", rule: ["open": true])))
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/open/upstream",
            body: .json(["url": .string(connected.server.origin + "/open?all=1")]))
        let read = try await exchange.read(nil, dataset: "open")
        #expect(read.text == TestExchange.csv(owners: 1))
        #expect(connected.server.seen.last?.head.uri == "/open?all=1")
    }
}
