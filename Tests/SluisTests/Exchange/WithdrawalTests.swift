import Foundation
import Model
import NIOHTTP1
import Synchronization
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

    /// The body as it comes, slowly, with a hook that sees how far it is.
    private final class SlowReader: Sendable {
        let body = Mutex<[UInt8]>([])
        private let started: AsyncStream<Void>.Continuation
        let hasStarted: AsyncStream<Void>
        let mayGoOn = DispatchSemaphore(value: 0)
        private let isFirst = Mutex(true)

        init() { (hasStarted, started) = AsyncStream.makeStream() }

        func take(_ bytes: [UInt8]) {
            body.withLock { $0 += bytes }
            let isFirst = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            if isFirst {
                // Half of the kernel's buffers are full while the owners withdraw.
                started.yield()
                mayGoOn.wait()
            }
            Thread.sleep(forTimeInterval: 0.002)
        }
    }

    /// The download of everything, in which `change` runs once the first bytes have come.
    private func download(
        _ exchange: TestExchange, _ token: String, during change: () async throws -> Void
    ) async throws -> (body: [UInt8], answer: HubAnswer) {
        let reader = SlowReader()
        let client = exchange.consumer
        let headers: HTTPHeaders = ["Accept": "text/csv", "Authorization": "Bearer \(token)"]
        async let answer = client.download("/data/flights", headers: headers) { reader.take($0) }
        for await _ in reader.hasStarted { break }
        do {
            try await change()
        } catch {
            reader.mayGoOn.signal()
            _ = try? await answer
            throw error
        }
        reader.mayGoOn.signal()
        let result = try await answer
        return (reader.body.withLock { $0 }, result)
    }

    private static func completion(_ hub: TestHub, _ answer: HubAnswer) throws -> JSON {
        let receipt = try #require(
            answer.trailers.first(name: "Sluis-Receipt").flatMap { Base64.decodeURL($0) })
        let index = try #require(try JSON.parse(receipt)["completion"]?.integer)
        return try JSON.parse(HubLog(directory: hub.data).entry(UInt64(index)))
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
        let read = try await download(exchange, token) {
            for owner in leaving {
                let answer = try await exchange.withdraw(grants[owner], by: owner)
                returned[owner] = try #require(answer["epoch"]?.integer)
            }
        }
        #expect(read.answer.trailers.first(name: "Sluis-Status") == "complete")
        exchange.hub.stop()
        let completion = try Self.completion(exchange.hub, read.answer)
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

    @Test func `when everybody has left, no more comes than what the kernels held`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: Self.owners, csv: Self.csv())
        var grants: [JSON] = []
        for owner in 0..<Self.owners { grants.append(try await exchange.grant(owner)) }
        let token = try await exchange.token()
        // Everybody leaves while the reader holds still: what comes after is what the kernel had.
        let read = try await download(exchange, token) {
            for owner in 0..<Self.owners { try await exchange.withdraw(grants[owner], by: owner) }
        }
        exchange.hub.stop()
        let completion = try Self.completion(exchange.hub, read.answer)
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
        _ = try await download(exchange, token) {
            for owner in 0..<10 {
                let start = clock.now
                try await exchange.withdraw(grants[owner], by: owner)
                durations.append(clock.now - start)
            }
        }
        #expect(try #require(durations.max()) < .seconds(5), "\(durations)")
    }
}
