import Foundation
import Model
import NIOHTTP1
import Synchronization
import Testing

@testable import sluis

/// Reading histories against a record that the readers keep: what came, row by row.
@Suite("Reading histories are what the readers got", .serialized)
struct ReadingRecordTests {
    private static let owners = 16
    private static let rowsOfEach = 3000
    private static let rounds = 16
    /// `seat` divided by this is the number of the owner.
    private static let seatsOfEach = 100_000
    private static let fields = ["plane", "seat", "fare"]

    private static let smallRounds = 60

    private static func csv(rowsOfEach: Int) -> String {
        var text = "plane,seat,fare\n"
        for row in 0..<rowsOfEach {
            for owner in 0..<owners {
                text +=
                    "K\(owner),\(owner * seatsOfEach + row),\(owner).\(String(repeating: "7", count: 400))\n"
            }
        }
        return text
    }

    /// One access as an owner should find it.
    private struct Expected: Equatable {
        var entry: Int64
        var rows: Int
        var fields: Set<String>
    }

    /// The same at every run.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64 = 20_261_123

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 31)
        }
    }

    private struct EnoughRead: Error {}

    /// The state of the run: who gave which fields, and what each should find.
    private final class Run {
        let exchange: TestExchange
        let supervisor: HubClient
        let token: String
        var dice = Dice()
        var grants: [Int: (answer: JSON, fields: Set<String>)] = [:]
        var record: [Int: [Expected]] = [:]
        var lastEntry: Int64 = 0
        var cuts = 0

        init(_ exchange: TestExchange) async throws {
            self.exchange = exchange
            supervisor = try await exchange.hub.person("supervisor", role: "supervisor").client
            token = try await exchange.token()
        }

        /// Seats are always given and asked for: they tell whose row it is.
        func someFields() -> [String] {
            ReadingRecordTests.fields.filter { $0 == "seat" || Bool.random(using: &dice) }
        }

        func change() async throws {
            let owner = Int.random(in: 0..<ReadingRecordTests.owners, using: &dice)
            if let known = grants.removeValue(forKey: owner) {
                try await exchange.withdraw(known.answer, by: owner)
            } else {
                let fields = someFields()
                let answer = try await exchange.grant(owner, ["fields": JSON(fields)])
                grants[owner] = (answer, Set(fields))
            }
        }

        /// - Returns: what came, and the trailers unless the reader broke off.
        func read(_ fields: [String], until limit: Int, during change: () async throws -> Void = {})
            async throws -> (body: [UInt8], trailers: HTTPHeaders?)
        {
            let body = Mutex<[UInt8]>([])
            let headers: HTTPHeaders = ["Accept": "text/csv", "Authorization": "Bearer \(token)"]
            let consumer = exchange.consumer
            let path = "/data/flights?fields=" + fields.joined(separator: ",")
            async let ended: HTTPHeaders? = {
                do {
                    return try await consumer.download(path, headers: headers) { bytes in
                        let count = body.withLock { body in
                            body += bytes
                            return body.count
                        }
                        if count >= limit { throw EnoughRead() }
                        Thread.sleep(forTimeInterval: 0.001)
                    }.trailers
                } catch is EnoughRead { return nil }
            }()
            try await change()
            let trailers = try await ended
            return (body.withLock { $0 }, trailers)
        }

        /// Waits for the entry in which a read ended, the next one after those known.
        func completion() async throws -> JSON {
            for _ in 0..<500 {
                let page = try await supervisor.call(
                    .get, "/api/v1/log/entries?dataset=flights&limit=10"
                ).json
                let ends = page["items"]?.array?.filter {
                    ["access", "access.completed"].contains($0["entry"]?["type"])
                }
                if let item = ends?.first, let index = item["index"]?.integer,
                    index > lastEntry
                {
                    lastEntry = index
                    return try #require(item["entry"])
                }
                try await Task.sleep(for: .milliseconds(10))
            }
            throw EnoughRead()
        }

        /// Writes down for each owner how many of his rows are in a body.
        func note(_ body: [UInt8], asked: [String], granted: [Int: Set<String>]) throws {
            var rows: [Int: Int] = [:]
            let seat = try #require(asked.firstIndex(of: "seat"))
            for line in body.split(separator: UInt8(ascii: "\n")).dropFirst() {
                let cells = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                let number = try #require(Int(String(decoding: cells[seat], as: UTF8.self)))
                rows[number / ReadingRecordTests.seatsOfEach, default: 0] += 1
            }
            for (owner, count) in rows {
                let fields = try #require(granted[owner], "rows of an owner who gave nothing")
                record[owner, default: []].append(
                    Expected(entry: lastEntry, rows: count, fields: fields.intersection(asked)))
            }
        }
    }

    @Test(
        "Of whole reads, of reads that were cut, and of reads in which owners withdrew",
        .timeLimit(.minutes(5)))
    func brute() async throws {
        let exchange = try await TestExchange(
            TestHub(), owners: Self.owners, csv: Self.csv(rowsOfEach: Self.rowsOfEach))
        let run = try await Run(exchange)
        for _ in 0..<Self.owners { try await run.change() }
        for round in 0..<Self.rounds {
            try await run.change()
            // With fares an answer is longer than what the kernels of both sides hold.
            let asked = round % 4 == 0 ? run.someFields() : Self.fields
            let granted = run.grants.mapValues(\.fields)
            let whole = try await run.read(
                asked, until: .max,
                during: {
                    // Whoever gives while it runs may be in it too.
                    if round % 4 == 1, let owner = run.grants.keys.min() {
                        let withdrawn = run.grants.removeValue(forKey: owner)
                        let known = try #require(withdrawn)
                        try await exchange.withdraw(known.answer, by: owner)
                    }
                }
            ).body
            let entry = try await run.completion()
            #expect(entry["status"] == "complete" && entry["bytes"]?.integer == Int64(whole.count))
            try run.note(whole, asked: asked, granted: granted)
            if round % 4 == 1 { continue }
            let limit = Int.random(in: 1...65_536, using: &run.dice)
            let cut = try await run.read(asked, until: limit).body
            let end = try await run.completion()
            let sent = Int(try #require(end["bytes"]?.integer))
            #expect(whole.starts(with: cut) && cut.count <= sent)
            if end["status"] == "cut" { run.cuts += 1 }
            // What was handed to the kernel counts as read, whether or not the reader took it.
            try run.note(Array(whole.prefix(sent)), asked: asked, granted: granted)
        }
        #expect(run.cuts > 0, "only \(run.cuts) reads were cut")
        try await expectHistories(run)
    }

    @Test(
        "Of small answers, which are assembled whole, while owners give and withdraw",
        .timeLimit(.minutes(5)))
    func whole() async throws {
        // With four rows of each owner no answer is longer than 64 KiB.
        let exchange = try await TestExchange(TestHub(), owners: Self.owners, csv: Self.csv(rowsOfEach: 4))
        let run = try await Run(exchange)
        for _ in 0..<Self.owners { try await run.change() }
        for round in 0..<Self.smallRounds {
            let asked = run.someFields()
            let granted = run.grants.mapValues(\.fields)
            let pause = Int64.random(in: 0...6000, using: &run.dice)
            let (body, trailers) = try await run.read(
                asked, until: .max,
                during: {
                    guard round % 2 == 1, let owner = run.grants.keys.min() else { return }
                    guard let known = run.grants.removeValue(forKey: owner) else { return }
                    try await Task.sleep(for: .microseconds(pause))
                    try await exchange.withdraw(known.answer, by: owner)
                })
            let receipt = try #require(
                trailers?.first(name: "Sluis-Receipt").flatMap { Base64.decodeURL($0) })
            run.lastEntry = try #require(try JSON.parse(receipt)["completion"]?.integer)
            try run.note(body, asked: asked, granted: granted)
            try await run.change()
        }
        try await expectHistories(run)
        exchange.hub.stop()
        let entries = try exchange.hub.entries()
        #expect(entries.count { $0["type"] == "access" } == Self.smallRounds, "each was assembled whole")
        // How many of them were overtaken is open.
        let streams = entries.count { $0["type"] == "access.decided" }
        #expect(entries.count { $0["corrects"] != nil } == streams)
    }

    /// Compares what each owner finds with the record.
    private func expectHistories(_ run: Run) async throws {
        let exchange = run.exchange
        try await exchange.indexed(beyond: run.lastEntry, by: run.supervisor)
        for owner in 0..<Self.owners {
            let accesses = try await exchange.owners[owner].client.call(.get, "/api/v1/accesses?limit=1000")
                .json["items"]?.array
            let found = try #require(accesses).map { item in
                Expected(
                    entry: try #require(item["entry"]?.integer), rows: Int(item["rows"]?.integer ?? -1),
                    fields: Set(item["fields"]?.array?.compactMap(\.string) ?? []))
            }
            #expect(found == Array(run.record[owner, default: []].reversed()), "owner \(owner)")
        }
    }
}
