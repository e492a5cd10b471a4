import Foundation
import Model
import Synchronization
import Testing

@testable import sluis
import TestSupport

/// Nothing acknowledged is lost (promise 7): the hub is killed again and again while owners grant and
/// withdraw.
@Suite(.serialized)
struct CrashTests {
    private static let owners = 20
    private static let changes = 500
    private static let kills = 50

    /// What one owner knows: his last acknowledged answer, and whether a call is under way or was cut off.
    private struct Account {
        var acknowledged: JSON?
        /// What was asked and never answered: it may have happened or not.
        var pending: String?
        var answers = 0
    }

    private final class Ledger: Sendable {
        let accounts: Mutex<[Account]>
        let entries = Mutex<[Int64: String]>([:])

        init(owners: Int) { accounts = Mutex([Account](repeating: Account(), count: owners)) }

        /// How many changes were acknowledged.
        var answers: Int { accounts.withLock { $0.map(\.answers).reduce(0, +) } }

        func acknowledge(_ owner: Int, _ answer: JSON) {
            accounts.withLock { accounts in
                accounts[owner].acknowledged = answer
                accounts[owner].pending = nil
                accounts[owner].answers += 1
            }
            if let entry = answer["entry"]?.integer, let grant = answer["grant"]?.string {
                entries.withLock { $0[entry] = grant }
            }
        }
    }

    @Test func `after each of fifty kills every acknowledged change is there, and the log agrees`()
        async throws
    {
        let seed = SeededGenerator.announcedSeed("fifty kills")
        var random = SeededGenerator(seed: seed)
        let exchange = try await TestExchange(TestHub(), owners: Self.owners)
        let hub = exchange.hub
        let ledger = Ledger(owners: Self.owners)
        for kill in 0..<Self.kills {
            let running = Task {
                await withTaskGroup(of: Void.self) { group in
                    for owner in 0..<Self.owners {
                        group.addTask { await Self.work(exchange, owner, ledger, until: .max) }
                    }
                }
            }
            // From before the first change is made to after dozens.
            try await Task.sleep(for: .microseconds(Int(random.next() % 80_000)))
            hub.kill()
            await running.value
            try Self.expectVerifies(hub, "killed \(kill) times, seed \(seed)")
            try hub.start()
            try await Self.expectAgreement(exchange, ledger, "killed \(kill) times, seed \(seed)")
        }
        // What is left of the changes, without disturbance.
        await withTaskGroup(of: Void.self) { group in
            for owner in 0..<Self.owners {
                group.addTask { await Self.work(exchange, owner, ledger, until: Self.changes) }
            }
        }
        try await Self.expectAgreement(exchange, ledger, "at the end, seed \(seed)")
        #expect(ledger.answers >= Self.changes, "seed \(seed)")
        hub.stop()
        try Self.expectLogAgrees(hub, exchange, ledger, seed)
    }

    /// Grants and withdraws in turn until the hub is gone or all owners together were answered that often.
    private static func work(
        _ exchange: TestExchange, _ owner: Int, _ ledger: Ledger, until enough: Int
    ) async {
        while ledger.answers < enough {
            let state = ledger.accounts.withLock { accounts -> JSON? in
                let isGiven = accounts[owner].acknowledged?["state"] == "Given"
                accounts[owner].pending = isGiven ? "Withdrawn" : "Given"
                return isGiven ? accounts[owner].acknowledged : nil
            }
            do {
                let answer =
                    if let state { try await exchange.withdraw(state, by: owner) } else {
                        try await exchange.grant(owner)
                    }
                ledger.acknowledge(owner, answer)
            } catch {
                return
            }
        }
    }

    private static func expectVerifies(_ hub: TestHub, _ place: String) throws {
        let result = try Program.run("sluis", ["log", "verify", "--data", hub.data])
        #expect(result.status == 0, "\(place): \(result.output)\(result.errors)")
    }

    /// State, rows and acknowledgements agree; then what was cut off is settled by what the hub says.
    private static func expectAgreement(
        _ exchange: TestExchange, _ ledger: Ledger, _ place: String
    ) async throws {
        try expectVerifies(exchange.hub, place)
        var given: Set<Int> = []
        for owner in 0..<owners {
            let account = ledger.accounts.withLock { $0[owner] }
            let json = try await exchange.owners[owner].client.call(
                .get, "/api/v1/requests?role=owner"
            ).json
            let item = try #require(json["items"]?.array?.first)
            let state = try #require(item["state"]?.string)
            let acknowledged = account.acknowledged?["state"]?.string ?? "Requested"
            let asked = account.pending ?? "nothing"
            #expect(
                state == acknowledged || state == asked,
                "\(place): owner \(owner) was told \(acknowledged), asked for \(asked), is \(state)"
            )
            if state == "Given" { given.insert(owner) }
            ledger.accounts.withLock { accounts in
                accounts[owner].pending = nil
                accounts[owner].acknowledged = item
            }
        }
        let read = try await exchange.read(exchange.token())
        #expect(read.rows == TestExchange.rows(of: given, owners: owners), "\(place): rows and state differ")
    }

    /// Every acknowledged entry stands where it was said, and the log's history of each grant ends in the
    /// state that the hub keeps.
    private static func expectLogAgrees(
        _ hub: TestHub, _ exchange: TestExchange, _ ledger: Ledger, _ seed: UInt64
    ) throws {
        let entries = try hub.entries()
        for (index, grant) in ledger.entries.withLock({ $0 }) {
            #expect(entries[Int(index)]["grant"]?.string == grant, "entry \(index), seed \(seed)")
        }
        let numbers = entries.compactMap { $0["seq"]?.integer }
        #expect(numbers == Array(Set(numbers)).sorted(), "no change is doubled or out of order, seed \(seed)")
        var states: [String: String] = [:]
        for entry in entries {
            guard let grant = entry["grant"]?.string, let state = entry["state"]?.string else { continue }
            states[grant] = state
        }
        let epochs = entries.filter { $0["grant"] != nil }.compactMap { $0["epoch"]?.integer }
        #expect(Set(epochs).count == epochs.count, "each change has its own epoch, seed \(seed)")
        for account in ledger.accounts.withLock({ $0 }) {
            let last = try #require(account.acknowledged)
            let grant = try #require(last["grant"]?.string)
            #expect(states[grant] == last["state"]?.string, "grant \(grant), seed \(seed)")
        }
    }
}
