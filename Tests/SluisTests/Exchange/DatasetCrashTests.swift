import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Synchronization
import TestSupport
import Testing

@testable import sluis

/// The hub is killed again and again while a provider uploads, adds and deletes rows, while segments are put
/// together, and while projections are made and dropped for those who read: the dataset is the old version or
/// the new one, and nobody reads anything between.
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
        /// What the rows were, are or were to be.
        var versions: [[String]]
        /// Keys whose rows were to be deleted.
        var deleted: Set<String> = []
        var reads = 0

        /// Whether these are the rows of a version. Of keys that were deleted meanwhile some may be missing:
        /// a deletion acts inside streams that run.
        func hasVersion(of read: [String], _ cut: (String) -> String) -> Bool {
            let found = read.counted
            return versions.reversed().contains { rows in
                guard rows.count >= read.count else { return false }
                let all = rows.map(cut).counted
                guard found.allSatisfy({ all[$0.key] ?? 0 >= $0.value }) else { return false }
                let kept = rows.filter { !deleted.contains(String($0.prefix { $0 != "," })) }.map(cut).counted
                return kept.allSatisfy { found[$0.key] ?? 0 >= $0.value }
            }
        }
    }

    private final class Ledger: Sendable {
        private let known: Mutex<Account>

        init(rows: [String]) { known = Mutex(Account(rows: rows, versions: [rows])) }

        func ask(for rows: [String], without key: String?) {
            known.withLock { account in
                if let key { account.deleted.insert(key) }
                account.pending = rows
                account.versions.append(rows)
            }
        }

        func answer() {
            known.withLock { account in
                account.version += 1
                account.rows = account.pending ?? []
                account.pending = nil
            }
        }

        func settle(_ version: Int, _ rows: [String]) {
            known.withLock { account in
                (account.version, account.rows, account.pending) = (version, rows, nil)
                (account.versions, account.deleted) = ([rows], [])
            }
        }

        func noteRead() { known.withLock { $0.reads += 1 } }

        var account: Account { known.withLock { $0 } }
    }

    private enum Change: CaseIterable { case upload, addition, deletion }

    @Test func `after each kill the dataset is the old version or the new one, with no file too many`()
        async throws
    {
        let seed = SeededGenerator.announcedSeed("kills of a changing dataset")
        var random = SeededGenerator(seed: seed)
        // Room for two projections of the smallest: as three are asked for, one is always made.
        let exchange = try await TestExchange(
            TestHub(settings: "projection_bytes: 140000\n"), owners: Self.owners)
        for owner in 0..<Self.owners { try await exchange.grant(owner) }
        let first = TestExchange.rows(of: Set(0..<Self.owners), owners: Self.owners)
        let ledger = Ledger(rows: first)
        for kill in 1...Self.kills {
            let running = Task { [random] in
                await withTaskGroup { group in
                    // Now and then nothing changes, so that projections are what is cut off.
                    if !kill.isMultiple(of: 3) {
                        group.addTask { await Self.work(exchange, ledger, random) }
                    }
                    for fields in Self.reads { group.addTask { await Self.read(fields, exchange, ledger) } }
                }
            }
            _ = random.next()
            // Now and then behind a change, however slow the machine is.
            let before = ledger.account
            if kill.isMultiple(of: 3) {
                try await exchange.hub.until { ledger.account.reads > before.reads + 12 }
            } else if kill.isMultiple(of: 2) {
                try await exchange.hub.until { ledger.account.version > before.version }
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
        #expect(version > Self.kills / 3 && ledger.account.reads > Self.kills, "seed \(seed)")
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
            ledger.ask(for: after, without: change == .deletion ? key : nil)
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
            ledger.answer()
        }
    }

    /// Which columns are read again and again.
    private static let reads = [[0, 2], [1], [2, 1]]

    /// Reads the same columns until the hub is gone: each answer is one of some version.
    private static func read(_ columns: [Int], _ exchange: TestExchange, _ ledger: Ledger) async {
        func cut(_ row: String) -> String {
            let cells = row.split(separator: ",", omittingEmptySubsequences: false)
            return columns.map { String(cells[$0]) }.joined(separator: ",")
        }
        let names = columns.map { ["plane", "seat", "fare"][$0] }.joined(separator: ",")
        do {
            let token = try await exchange.token()
            while true {
                let read = try await exchange.read(token, query: "?fields=\(names)")
                guard read.trailers.first(name: "Sluis-Status") == "complete" else { continue }
                let isOfOne = ledger.account.hasVersion(of: read.rows, cut)
                #expect(isOfOne, "\(read.rows.count) rows of \(names) are those of no version")
                ledger.noteRead()
            }
        } catch {
            return
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
        ledger.settle(version, rows)
    }
}

extension [String] {
    /// How often each is there.
    fileprivate var counted: [String: Int] { reduce(into: [:]) { $0[$1, default: 0] += 1 } }
}
