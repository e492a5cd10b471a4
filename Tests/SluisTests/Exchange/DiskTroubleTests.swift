import Foundation
import Model
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import sluis

/// No log, no data (promise 2), and withdrawing works all the same.
@Suite("A hub whose disk fails or is full", .serialized)
struct DiskTroubleTests {
    private static let owners = 6

    /// What the consumer gets: the problem, and no byte of data with it.
    private func refusal(_ exchange: TestExchange, _ token: String) async throws -> HubProblem {
        let bytes = Mutex(0)
        let problem = await #expect(throws: HubProblem.self) {
            _ = try await exchange.consumer.download(
                "/data/flights", headers: ["Accept": "text/csv", "Authorization": "Bearer \(token)"]
            ) { data in bytes.withLock { $0 += data.count } }
        }
        #expect(bytes.withLock { $0 } == 0)
        let found = try #require(problem)
        #expect(found.status == 503)
        return found
    }

    private func readiness(_ client: HubClient) async throws -> (status: Int, json: JSON) {
        do {
            let answer = try await client.call(.get, "/health/ready")
            return (answer.status, try answer.json)
        } catch let problem as HubProblem {
            return (problem.status, .object(problem.members))
        }
    }

    private func given(_ exchange: TestExchange) async throws -> [JSON] {
        var grants: [JSON] = []
        for owner in 0..<Self.owners { grants.append(try await exchange.grant(owner)) }
        return grants
    }

    @Test(
        "Below its reserve it decides nothing new, takes withdrawals, and recovers by itself",
        .enabled(if: Tmpfs.isAvailable, "this process may not mount a file system"))
    func reserve() async throws {
        let disk = try Tmpfs(sizeKiB: 65_536)
        let hub = try TestHub(settings: "disk_reserve_bytes: 8388608\n", in: disk.path)
        let exchange = try await TestExchange(hub, owners: Self.owners)
        let grants = try await given(exchange)
        let token = try await exchange.token()
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: Set(0..<6), owners: 6))
        #expect(try await readiness(exchange.consumer).status == 200)

        try disk.fill(leavingKiB: 4096)
        // The shortage is seen by the next commit.
        let withdrawn = try await exchange.withdraw(grants[3], by: 3)
        #expect(withdrawn["entry"]?.integer != nil, "there is room for it, and it is in the log")
        #expect(try await refusal(exchange, token).code == "disk_reserve")
        #expect(
            try await exchange.consumer.problem(.post, "/oauth/token", body: exchange.tokenForm()).status
                == 503)
        let ready = try await readiness(exchange.consumer)
        #expect(ready.status == 503 && ready.json["code"] == "disk_reserve" && ready.json["cause"] == nil)
        #expect(try await exchange.withdraw(grants[5], by: 5)["entry"]?.integer != nil)

        try disk.drain()
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: [0, 1, 2, 4], owners: 6))
        #expect(try await readiness(exchange.consumer).status == 200)
        hub.stop()
        #expect(try hub.entries("grant.withdrawn").count == 2)
        withExtendedLifetime(disk) {}
    }

    @Test(
        "Full to the last byte: no data, and what was withdrawn stays withdrawn through a restart",
        .enabled(if: Tmpfs.isAvailable, "this process may not mount a file system"))
    func full() async throws {
        let disk = try Tmpfs(sizeKiB: 65_536)
        let hub = try TestHub(settings: "disk_reserve_bytes: 0\n", in: disk.path)
        let exchange = try await TestExchange(hub, owners: Self.owners)
        let grants = try await given(exchange)
        let token = try await exchange.token()
        try disk.fill()
        // Whether its commit still found room is open; that it acts is not.
        let answer = try? await exchange.withdraw(grants[2], by: 2)
        for _ in 0..<20 {
            do {
                let rows = try await exchange.read(token).rows
                #expect(rows == TestExchange.rows(of: [0, 1, 3, 4, 5], owners: 6))
            } catch let problem as HubProblem {
                #expect(problem.status == 503)
                break
            }
        }
        #expect(["log_unavailable", "disk_reserve"].contains(try await refusal(exchange, token).code))
        let ready = try await readiness(hub.operatorClient)
        #expect(ready.status == 503 && ready.json["cause"]?.string?.isEmpty == false)

        hub.kill()
        try disk.drain()
        try hub.start()
        let left: Set = answer == nil ? Set(0..<6) : [0, 1, 3, 4, 5]
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: left, owners: 6))
        hub.stop()
        #expect(try hub.entries("grant.withdrawn").count == (answer == nil ? 0 : 1))
        withExtendedLifetime(disk) {}
    }

    @Test(
        "The journal gives an error: no data until a restart; withdrawing acts at once and is logged then",
        .enabled(if: Tracer.isAvailable, "strace is missing (Debian: strace) or may not trace"),
        arguments: ["write:error=EIO", "write:error=ENOSPC", "fdatasync:error=EIO"])
    func failingJournal(fault: String) async throws {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: Self.owners)
        let grants = try await given(exchange)
        let token = try await exchange.token()
        #expect(try await exchange.read(token).rows.count > 0)
        let side = try FileManager.default.contentsOfDirectory(atPath: hub.data + "/side").sorted()
        let tracer = try Tracer(
            of: try #require(hub.processIdentifier), fault, path: hub.data + "/journal/\(Tracer.firstSegment)"
        )
        let withdrawn = try await exchange.withdraw(grants[1], by: 1)
        #expect(withdrawn["entry"] == .null, "in effect and committed, logged when the log is back")
        #expect(try await refusal(exchange, token).code == "log_unavailable")
        // What was refused leaves no trace of whose rows it would have been.
        #expect(try FileManager.default.contentsOfDirectory(atPath: hub.data + "/side").sorted() == side)
        let ready = try await readiness(hub.operatorClient)
        #expect(ready.status == 503 && ready.json["cause"]?.string?.contains("failed") == true)
        let granting = try await exchange.owners[1].client.problem(
            .post, "/api/v1/grants", body: .json(["agreement": .string(exchange.agreement)]))
        #expect(granting.status == 503)
        // The disk is well again; the log stays stopped, since nobody knows what it holds.
        tracer.end()
        #expect(try await refusal(exchange, token).code == "log_unavailable")
        #expect(try await exchange.withdraw(grants[4], by: 4)["entry"] == .null)
        #expect(hub.errors.contains("the audit log has stopped"))

        hub.stop()
        try hub.start()
        #expect(try await exchange.read(token).rows == TestExchange.rows(of: [0, 2, 3, 5], owners: 6))
        #expect(try await readiness(exchange.consumer).status == 200)
        hub.stop()
        #expect(try hub.entries("grant.withdrawn").count == 2)
    }
}
