import Consent
import DataPlane
import Model
import Registry
import Testing
import TestSupport

@Suite(
    "When the database cannot commit", .enabled(if: Tmpfs.isAvailable, "this process may not mount a tmpfs"),
    .timeLimit(.minutes(5)))
struct RegistryFailureTests {
    let disk: Tmpfs
    let world: World
    let agreement: AgreementID

    init() async throws {
        disk = try Tmpfs(sizeKiB: 8192)
        world = try await World.story(in: Home(databaseDisk: disk))
        agreement = try await world.agreement()
    }

    private func expectUnavailable(_ call: () async throws -> Void) async {
        let fault = await #expect(throws: RetryableFault.self) { try await call() }
        #expect(fault?.code == "registry_unavailable")
    }

    @Test("A withdrawal throws, and its rows stay away; tried again when there is room, it is done")
    func narrowing() async throws {
        let given = try await world.grant(agreement, by: world.cast.ann).value.grant.id
        try await world.grant(agreement, by: world.cast.bob)
        let running = try world.download(agreement)
        try disk.fill()
        await expectUnavailable { try await world.withdraw(given, by: world.cast.ann) }
        #expect(try running.rest().allSatisfy { $0.hasPrefix("m3,") })
        #expect(try world.meters(agreement) == ["m3"])
        #expect(try world.stored(given)?.state == .given)
        try disk.drain()
        #expect(try world.meters(agreement) == ["m3"])
        #expect(try await world.withdraw(given, by: world.cast.ann).entry != nil)
        #expect(try world.meters(agreement) == ["m3"])
        let entries = try world.finalEntries()
        #expect(
            entries.filter { $0["type"] == "grant.withdrawn" }.count == 1, "of what failed nothing is logged")
        let numbers = entries.compactMap { $0["seq"]?.integer }
        #expect(numbers == Array(1...Int64(numbers.count)))
    }

    @Test("What could not be withdrawn stays away when a new version comes") func narrowedAndPublished()
        async throws
    {
        let given = try await world.grant(agreement, by: world.cast.ann).value.grant.id
        try disk.fill()
        await expectUnavailable { try await world.withdraw(given, by: world.cast.ann) }
        try disk.drain()
        try await world.publish(World.csv(World.meters(version: 2)))
        #expect(try world.rows(agreement) == [])
    }

    @Test("What ran out does not flow, and is recorded when there is room") func expiry() async throws {
        try await world.grant(agreement, until: noon.adding(seconds: 1), by: world.cast.ann)
        try disk.fill()
        world.home.clock.set(noon.adding(seconds: 1))
        #expect(try world.rows(agreement) == [])
        await expectUnavailable { _ = try await world.exchange.recordExpiries() }
        #expect(try world.rows(agreement) == [])
        try disk.drain()
        #expect(try await world.exchange.recordExpiries() == 1)
    }

    @Test("Nothing widens: not a grant, an amendment, an agreement, a link or a version") func widening()
        async throws
    {
        let cast = world.cast
        try await world.grant(agreement, fields: ["day"], by: cast.ann)
        let open = try await world.exchange.request(world.ask(), by: cast.bureau).value.id
        let rows = try world.rows(agreement)
        let upload = try await world.exchange.beginUpload(
            slug("meters"), .replaces, badLines: .refuse, by: cast.grid)
        try upload.consume(World.csv(World.meters(version: 2)))
        try disk.fill()
        await expectUnavailable { try await world.grant(agreement, by: cast.bob) }
        await expectUnavailable { try await world.grant(agreement, by: cast.ann) }
        await expectUnavailable { _ = try await world.exchange.agree(open, by: cast.grid) }
        await expectUnavailable { _ = try await world.exchange.request(world.ask(), by: cast.bureau) }
        await expectUnavailable { try await world.link([("m5", cast.ann)]) }
        await expectUnavailable { _ = try await world.exchange.publish(upload, by: cast.grid) }
        #expect(try world.rows(agreement) == rows)
        try disk.drain()
        #expect(try world.rows(agreement) == rows)
        let next = try await world.restarted()
        #expect(next.home.files(of: "meters") == ["1"])
        #expect(try next.rows(agreement) == rows)
        try await next.publish(World.csv(World.meters(version: 2)))
        try await next.grant(agreement, by: cast.bob)
        try next.expectExact(agreement, World.meters(version: 2), version: 2)
    }

    @Test("A version whose commit failed makes room for the next") func versionAfterFailure() async throws {
        let grid = world.cast.grid
        try await world.grant(agreement, by: world.cast.ann)
        let upload = try await world.exchange.beginUpload(
            slug("meters"), .replaces, badLines: .refuse, by: grid)
        try upload.consume(World.csv(World.meters(version: 2)))
        try disk.fill()
        await expectUnavailable { _ = try await world.exchange.publish(upload, by: grid) }
        await expectUnavailable {
            _ = try await world.exchange.beginUpload(slug("meters"), .replaces, badLines: .refuse, by: grid)
        }
        try disk.drain()
        try await world.publish(World.csv(World.meters(version: 2)))
        #expect(world.home.files(of: "meters") == ["2"])
        try world.expectExact(agreement, World.meters(version: 2), version: 2)
    }
}
