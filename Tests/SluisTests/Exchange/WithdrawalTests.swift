import Foundation
import Model
import NIOHTTP1
import Testing

@testable import sluis

/// Revocation inside a running download (promise 3).
@Suite(.serialized)
struct WithdrawalTests {
    private static let owners = 100
    private static let rowsOfEach = 1000

    /// 26 MB: far more than the kernels of both sides hold while the reader stands still.
    private static func csv() -> String {
        let digits = String(repeating: "0123456789", count: 24)
        var text = "plane,seat,fare\n"
        // Interleaved: each owner's rows are all over the file.
        for row in 0..<rowsOfEach {
            for owner in 0..<owners { text += "K\(owner),\(row),\(owner).\(digits)\n" }
        }
        return text
    }

    /// `epochs` of a completion entry.
    private static func epochs(_ completion: JSON) throws -> [(epoch: Int64, firstByte: Int)] {
        try #require(completion["epochs"]?.array).map { pair in
            let numbers = try #require(pair.array).compactMap(\.integer)
            try #require(numbers.count == 2)
            return (numbers[0], Int(numbers[1]))
        }
    }

    /// Whether a row of this owner begins at or after `offset`.
    private static func hasRow(of owner: Int, in body: [UInt8], from offset: Int) -> Bool {
        String(decoding: body[offset...], as: UTF8.self).contains("K\(owner),")
    }

    @Test func `no row of an owner leaves under the epoch that his withdrawal returned, or a later one`()
        async throws
    {
        let exchange = try await TestExchange(TestHub(), owners: Self.owners, csv: Self.csv())
        var grants: [JSON] = []
        for owner in 0..<Self.owners { grants.append(try await exchange.grant(owner)) }
        let token = try await exchange.token()
        // Rows lie by owner: these are in the first block, in the middle, and at the end, and their blocks
        // are still to be sent when they withdraw, but for the first.
        let leaving = [0, 30, 55, 56, 80, 99]
        var returned: [Int: Int64] = [:]
        let read = try await exchange.paused(token) {
            for owner in leaving {
                let answer = try await exchange.withdraw(grants[owner], by: owner)
                returned[owner] = try #require(answer["epoch"]?.integer)
            }
        }
        #expect(read.trailers.first(name: "Sluis-Status") == "complete")
        exchange.hub.stop()
        let completion = try exchange.entry(read.completion)
        let epochs = try Self.epochs(completion)
        #expect(completion["bytes"] == .integer(Int64(read.body.count)))
        #expect(epochs.count >= 2, "the stream ran through the withdrawals: \(epochs)")
        #expect(epochs.map(\.epoch) == epochs.map(\.epoch).sorted())
        #expect(epochs.map(\.firstByte) == epochs.map(\.firstByte).sorted())
        for owner in leaving {
            let epoch = try #require(returned[owner])
            if let first = epochs.first(where: { $0.epoch >= epoch })?.firstByte {
                #expect(
                    !Self.hasRow(of: owner, in: read.body, from: first), "owner \(owner) after byte \(first)")
            }
        }
        // Those whose rows were still to come when they left are not there at all.
        #expect(!Self.hasRow(of: 99, in: read.body, from: 0))
        let stayed = Set(0..<Self.owners).subtracting(leaving)
        let lines = String(decoding: read.body, as: UTF8.self).split(separator: "\n").dropFirst()
        let counts = lines.reduce(into: [Substring: Int]()) { $0[$1.prefix { $0 != "," }, default: 0] += 1 }
        #expect(stayed.allSatisfy { counts["K\($0)"] == Self.rowsOfEach }, "who stayed is there, whole")
        #expect(completion["rows"] == .integer(Int64(lines.count)))
    }

    /// What an owner's history says of the one read that there was.
    private func access(_ exchange: TestExchange, _ owner: Int) async throws -> JSON {
        for _ in 0..<250 {
            let page = try await exchange.owners[owner].client.call(.get, "/api/v1/accesses").json
            if let item = page["items"]?.array?.first { return item }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Refusal("the read is in no history")
    }

    @Test func `terms that are narrowed inside a stream show in the history as what then went`() async throws
    {
        let exchange = try await TestExchange(TestHub(), owners: Self.owners, csv: Self.csv())
        for owner in 0..<Self.owners { try await exchange.grant(owner) }
        let token = try await exchange.token()
        // The rows of the first are under way, those of the last are still to come.
        let narrower: [String: JSON] = ["fields": ["plane", "seat"]]
        let read = try await exchange.paused(token) {
            for owner in [0, 99] { try await exchange.grant(owner, narrower) }
        }
        let lines = String(decoding: read.body, as: UTF8.self).split(separator: "\n").dropFirst()
        #expect(lines.count == Self.owners * Self.rowsOfEach)
        let last = lines.filter { $0.hasPrefix("K99,") }
        #expect(
            last.count == Self.rowsOfEach && last.allSatisfy { $0.hasSuffix(",") }, "the fare is left out")
        #expect(try await access(exchange, 99)["fields"] == ["plane", "seat"])
        #expect(try await access(exchange, 50)["fields"] == ["plane", "seat", "fare"])
        #expect(try await access(exchange, 0)["fields"] == ["plane", "seat", "fare"], "some rows went whole")
        for owner in [0, 50, 99] {
            #expect(try await access(exchange, owner)["rows"]?.integer == Int64(Self.rowsOfEach))
        }
    }

    @Test func `who is erased inside a stream is in no side file of it, and its commitment holds`()
        async throws
    {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: Self.owners, csv: Self.csv())
        for owner in 0..<Self.owners { try await exchange.grant(owner) }
        let token = try await exchange.token()
        let keeper = try hub.operatorClient
        let read = try await exchange.paused(token) {
            for owner in [0, 99] {
                _ = try await keeper.call(.post, "/api/v1/persons/\(exchange.owners[owner].id)/erase")
            }
        }
        #expect(Self.hasRow(of: 0, in: read.body, from: 0), "his rows were under way")
        #expect(!Self.hasRow(of: 99, in: read.body, from: 0))
        #expect(try await access(exchange, 50)["rows"]?.integer == Int64(Self.rowsOfEach))
        #expect(hub.stop() == 0)
        let found = try Program.run(
            at: URL(filePath: "/usr/bin/env"),
            ["grep", "-rlaE", "--exclude-dir=data", "\"K(0|99)\"", hub.data])
        #expect(found.output.isEmpty, "\(found.output)")
        // It also holds every side file against its commitment.
        let fsck = try Program.run("sluis", ["log", "fsck", "--data", hub.data])
        #expect(fsck.status == 0, "\(fsck.output)")
    }

    @Test func `when everybody has left, no more comes than what the kernels held`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: Self.owners, csv: Self.csv())
        var grants: [JSON] = []
        for owner in 0..<Self.owners { grants.append(try await exchange.grant(owner)) }
        let token = try await exchange.token()
        // Everybody leaves while the reader holds still: what comes after is what the kernel had.
        let read = try await exchange.paused(token) {
            for owner in 0..<Self.owners { try await exchange.withdraw(grants[owner], by: owner) }
        }
        exchange.hub.stop()
        let completion = try exchange.entry(read.completion)
        let all = Self.csv().utf8.count
        #expect(read.body.count < all / 2, "\(read.body.count) of \(all) bytes came")
        #expect(completion["bytes"] == .integer(Int64(read.body.count)))
        #expect(completion["status"] == "complete")
    }

    @Test func `a withdrawal does not wait for a client that reads nothing`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: Self.owners, csv: Self.csv())
        var grants: [JSON] = []
        for owner in 0..<Self.owners { grants.append(try await exchange.grant(owner)) }
        let token = try await exchange.token()
        let clock = ContinuousClock()
        var durations: [Duration] = []
        _ = try await exchange.paused(token) {
            for owner in 0..<10 {
                let start = clock.now
                try await exchange.withdraw(grants[owner], by: owner)
                durations.append(clock.now - start)
            }
        }
        #expect(try #require(durations.max()) < .seconds(5), "\(durations)")
    }
}
