import Foundation
import Model
import RemoteHub
import Synchronization
import TestSupport
import Testing

@testable import sluis

/// The hub is killed again and again while a provider uploads, adds and deletes rows, and while segments are
/// put together: the dataset is the old version or the new one.
@Suite(.serialized)
struct DatasetCrashTests {
    private static let owners = 4
    /// `make soak` makes more.
    private static let kills = ProcessInfo.processInfo.environment["SLUIS_KILLS"].flatMap { Int($0) } ?? 10
    private static let path = "/api/v1/datasets/flights"

    /// What the provider knows of his dataset.
    private struct Account: Sendable {
        var version = 1
        var rows: [String]
        /// What the rows are after a change that was asked for and not answered.
        var pending: [String]?
    }

    private final class Ledger: Sendable {
        private let known: Mutex<Account>

        init(rows: [String]) { known = Mutex(Account(rows: rows)) }

        var account: Account {
            get { known.withLock { $0 } }
            set { known.withLock { $0 = newValue } }
        }
    }

    private enum Change: CaseIterable { case upload, addition, deletion }

    @Test func `after each kill the dataset is the old version or the new one, with no file too many`()
        async throws
    {
        let seed = SeededGenerator.announcedSeed("kills of a changing dataset")
        var random = SeededGenerator(seed: seed)
        let exchange = try await TestExchange(TestHub(), owners: Self.owners)
        for owner in 0..<Self.owners { try await exchange.grant(owner) }
        let first = TestExchange.rows(of: Set(0..<Self.owners), owners: Self.owners)
        let ledger = Ledger(rows: first)
        for kill in 1...Self.kills {
            let running = Task { [random] in await Self.work(exchange, ledger, random) }
            _ = random.next()
            // Now and then behind a change, however slow the machine is.
            let version = ledger.account.version
            if kill.isMultiple(of: 2) {
                try await exchange.hub.until { ledger.account.version > version }
            }
            try await Task.sleep(for: .microseconds(Int(random.next() % 400_000)))
            exchange.hub.kill()
            await running.value
            try exchange.hub.start()
            try await Self.settle(exchange, ledger, "killed \(kill) times, seed \(seed)")
        }
        let verified = try Program.run(
            "sluis", ["dataset", "verify", "flights", "--profile", exchange.provider.profile.folder])
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        exchange.hub.stop()
        let version = ledger.account.version
        #expect(version > Self.kills / 2, "seed \(seed)")
        #expect(try exchange.hub.entries("dataset.versioned").count == version, "seed \(seed)")
    }

    /// Changes the dataset until the hub is gone.
    private static func work(
        _ exchange: TestExchange, _ ledger: Ledger, _ seeded: SeededGenerator
    ) async {
        var random = seeded
        while true {
            let change = random.pick(Change.allCases)
            let key = "K\(Int.random(in: 0..<owners, using: &random))"
            let count = random.pick([1, 50, 20_000])
            let made = (0..<count).map { _ in
                "K\(Int.random(in: 0..<owners, using: &random)),\(Int.random(in: 0..<9, using: &random)),1.5"
            }
            let before = ledger.account.rows
            let hasKey = before.contains { $0.hasPrefix(key + ",") }
            let after =
                switch change {
                case .upload: made
                case .addition: before + made
                case .deletion: before.filter { !$0.hasPrefix(key + ",") }
                }
            if change == .deletion, !hasKey { continue }
            ledger.account.pending = after
            let file = HubBody.bytes(
                Array(("plane,seat,fare\n" + made.map { $0 + "\n" }.joined()).utf8), "text/csv")
            do {
                switch change {
                case .upload: _ = try await exchange.provider.call(.put, path + "/data", body: file)
                case .addition: _ = try await exchange.provider.call(.post, path + "/data", body: file)
                case .deletion: _ = try await exchange.provider.call(.delete, path + "/owners/\(key)")
                }
            } catch {
                return
            }
            ledger.account = Account(version: ledger.account.version + 1, rows: after)
        }
    }

    /// Registry, rows and files tell of one version: the last that was acknowledged, or the one asked for.
    private static func settle(
        _ exchange: TestExchange, _ ledger: Ledger, _ place: String
    ) async throws {
        let known = ledger.account
        let json = try await exchange.provider.call(.get, path + "/inspection").json
        let version = try #require(json["stored"]?["version"]?.integer.map { Int($0) })
        let isNew = known.pending != nil && version == known.version + 1
        #expect(isNew || version == known.version, "\(place): \(version) after \(known.version)")
        #expect(json["versions"]?.array?.first?["version"] == .integer(Int64(version)), "\(place)")
        let rows = isNew ? known.pending ?? [] : known.rows
        let read = try await exchange.read(exchange.token()).rows
        #expect(read == rows.sorted(), "\(place): other rows than version \(version) has")
        let files = try await exchange.hub.storedFiles("flights", by: exchange.provider)
        #expect(try exchange.hub.datasetFiles() == files, "\(place)")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: exchange.hub.data + "/data") == ["flights"])
        let verified = try await exchange.provider.call(.get, path + "/verification")
        var lines = AnswerLines()
        #expect(try lines.take(verified.bytes)?["verified"] == true, "\(place)")
        ledger.account = Account(version: version, rows: rows)
    }
}
