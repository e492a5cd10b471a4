import Foundation
import MerkleLog
import Model
import RemoteHub
import Testing

@testable import sluis

@Suite("Retention: the oldest entries go, and the log says so", .serialized)
struct RetentionTests {
    /// As many lookups as fill the first bundle.
    private static let lookups = 300
    private static let minimum: Int64 = 256

    private func verify(_ hub: TestHub) throws {
        let run = try Program.run("sluis", ["log", "verify", "--data", hub.data])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        #expect(run.output.contains("entries below \(Self.minimum) were pruned, as entry "))
        let check = try Program.run("sluis", ["log", "fsck", "--data", hub.data])
        #expect(check.status == 0 && check.output.hasSuffix("all agree\n"), "\(check.output)")
    }

    /// Asks what would go, until something would.
    private func waitUntilPrunable(_ client: HubClient) async throws -> JSON {
        for _ in 0..<600 {
            let body: JSON = ["before": JSON(Instant.system), "dry_run": true]
            let plan = try await client.call(.post, "/api/v1/log/prune", body: .json(body)).json
            if try #require(plan["entries"]?.integer) > 0 { return plan }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw NotPrunable()
    }

    private struct NotPrunable: Error {}

    @Test(
        "Nothing goes that is open; what goes is stated, gone, and leaves a log that verifies",
        .timeLimit(.minutes(5)))
    func pruning() async throws {
        let until = Instant(milliseconds: Instant.system.milliseconds + 20_000)
        let exchange = try await TestExchange(TestHub(), owners: 2, validUntil: until)
        let hub = exchange.hub
        let supervisor = try await hub.person("supervisor", role: "supervisor").client
        let keeper = try hub.operatorClient
        try await exchange.grant(0)
        _ = try await exchange.read(exchange.token())
        let (id, owner) = exchange.owners[0]
        for _ in 0..<Self.lookups {
            _ = try await supervisor.call(.get, "/api/v1/log/entries?limit=1&owner=\(id)")
        }
        let held = try await keeper.problem(
            .post, "/api/v1/log/prune", body: .json(["before": JSON(Instant.system)]))
        #expect(held.status == 409 && held.code == "nothing_to_prune")
        let future = Instant(milliseconds: Instant.system.milliseconds + 60_000)
        let early = try await keeper.problem(
            .post, "/api/v1/log/prune", body: .json(["before": JSON(future)]))
        #expect(early.status == 400 && early.field == "before")

        let plan = try await waitUntilPrunable(keeper)
        #expect(plan["minimum_index"]?.integer == Self.minimum && plan["entry"] == .null)
        let run = try Program.run(
            "sluis",
            [
                "log", "prune", "--profile", keeper.profile.folder, "--before", Instant.system.description,
                "--json",
            ])
        let pruned = try JSON.parse(run.output)
        #expect(run.status == 0 && pruned["entries"]?.integer == Self.minimum, "\(run.errors)")
        let entry = try #require(pruned["entry"]?.integer)
        let stated = try JSON.parse(HubLog(directory: hub.data).entry(UInt64(entry)))
        #expect(stated["type"] == "log.pruned" && stated["minimum_index"]?.integer == Self.minimum)
        #expect(try EntrySchema().faults(of: stated).isEmpty)

        let gone = try await keeper.problem(.get, "/log/proof/0")
        #expect(gone.status == 404 && gone.code == "entry_pruned")
        let key = try NoteVerifier(vkey: hub.vkey())
        let proof = try TlogProof(try await keeper.call(.get, "/log/proof/\(Self.minimum)").bytes)
        _ = try proof.verify(
            entry: HubLog(directory: hub.data).entry(UInt64(Self.minimum)), log: key)
        #expect(try FileManager.default.contentsOfDirectory(atPath: hub.data + "/side").isEmpty)
        for _ in 0..<250 {
            let page = try await supervisor.call(.get, "/api/v1/log/entries?limit=1000").json
            let indexes = try #require(page["items"]?.array).compactMap { $0["index"]?.integer }
            #expect(indexes.allSatisfy { $0 >= Self.minimum })
            if indexes.contains(entry) { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        let accesses = try await owner.call(.get, "/api/v1/accesses").json
        #expect(accesses["items"]?.array?.isEmpty == true)

        #expect(hub.stop() == 0)
        try verify(hub)
        try FileManager.default.removeItem(atPath: hub.data + "/journal/synced")
        try hub.start()
        _ = try await supervisor.call(.get, "/api/v1/log/entries?limit=1&owner=\(id)")
        let erased = try await keeper.call(.post, "/api/v1/persons/\(id)/erase").json
        #expect(erased["entry"]?.integer ?? 0 > entry)
        #expect(hub.stop() == 0)
        try verify(hub)
    }
}
