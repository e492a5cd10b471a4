import Consent
import Model
import Testing
import TestSupport

@Suite("Many at once", .timeLimit(.minutes(10))) struct ConcurrencyTests {
    @Test(
        "Owners grant and withdraw at once while versions and links come: in the end the registry is right",
        arguments: 0..<6)
    func all(round: Int) async throws {
        var seeds = SeededGenerator.announced("many at once \(round)")
        for _ in 0..<round { _ = seeds.next() }
        let world = try await World.story()
        let agreements = [try await world.agreement(), try await world.agreement()]
        let cast = world.cast
        try await withThrowingTaskGroup(of: Void.self) { group in
            for owner in [cast.ann, cast.ann, cast.bob, cast.corp] {
                for agreement in agreements {
                    let random = SeededGenerator(seed: seeds.next())
                    group.addTask { try await act(world, agreement, owner, random) }
                }
            }
            group.addTask { try await change(world) }
            for agreement in agreements { group.addTask { try watch(world, agreement) } }
            try await group.waitForAll()
        }
        for agreement in agreements {
            try world.expectExact(agreement, World.meters(version: 5), version: 5)
        }
        let rows = try agreements.map { try world.rows($0) }
        let next = try await world.restarted()
        #expect(try agreements.map { try next.rows($0) } == rows)
        let entries = try next.finalEntries()
        let numbers = entries.compactMap { $0["seq"]?.integer }
        #expect(numbers == Array(1...Int64(numbers.count)))
    }

    @Test("Everybody withdraws at once: each is answered with his own entry, and nothing flows")
    func withdrawAll() async throws {
        let world = try await World.story()
        let agreements = try await [world.agreement(), world.agreement(), world.agreement()]
        var grants: [(GrantID, Caller)] = []
        for agreement in agreements {
            for owner in [world.cast.ann, world.cast.bob, world.cast.corp] {
                grants.append((try await world.grant(agreement, by: owner).value.grant.id, owner))
            }
        }
        let entries = try await withThrowingTaskGroup(of: UInt64?.self) { group in
            for (grant, owner) in grants {
                group.addTask { try await world.withdraw(grant, by: owner).entry }
            }
            return try await group.reduce(into: Set<UInt64>()) { if let entry = $1 { $0.insert(entry) } }
        }
        #expect(entries.count == grants.count)
        for agreement in agreements { #expect(try world.rows(agreement) == []) }
    }

    /// One owner's changes. Another task of his may have been quicker: then he hears of a conflict.
    private func act(
        _ world: World, _ agreement: AgreementID, _ owner: Caller, _ seeded: SeededGenerator
    ) async throws {
        var random = seeded
        var last: GrantID?
        for _ in 0..<30 {
            do {
                if let grant = last, random.chance(40) {
                    try await world.withdraw(grant, by: owner)
                    last = nil
                } else {
                    let fields = random.chance(50) ? random.some(of: World.fields) : nil
                    last = try await world.grant(agreement, fields: fields, by: owner).value.grant.id
                }
            } catch let fault as ClientFault {
                #expect(
                    ["grant_state", "grant_exists", "grant_changed"].contains(fault.code), "\(fault.code)")
                last = nil
            }
        }
    }

    private func change(_ world: World) async throws {
        for version in 2...5 {
            try await world.publish(World.csv(World.meters(version: version)))
            try await world.link([("m5", version % 2 == 0 ? world.cast.bob : world.cast.corp)])
        }
    }

    /// Epochs only rise, as any reader sees them, and a download never fails.
    private func watch(_ world: World, _ agreement: AgreementID) throws {
        var last: Int64 = 0
        for _ in 0..<200 {
            let download = try world.download(agreement)
            #expect(download.plan.epoch >= last)
            last = download.plan.epoch
            _ = try download.rest()
            #expect(download.epochs == download.epochs.sorted())
        }
    }
}
