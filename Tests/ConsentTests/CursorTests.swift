import Consent
import DataPlane
import Foundation
import Model
import Testing
import TestSupport

@Suite("Cursors", .timeLimit(.minutes(10))) struct CursorTests {
    @Test("New rows, new grants and retractions come, and nothing else") func story() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let anns = try await world.grant(agreement, by: world.cast.ann).value.grant.id
        var follower = try Follower(agreement, fields: nil)
        try await follower.follow(world)
        #expect(follower.rows.count == 4)
        try await follower.follow(world)
        #expect(follower.rows.count == 4 && follower.beginnings == 1)

        try await world.append([["m1", "new", "1"], ["m3", "new", "1"], ["m5", "new", "1"]])
        try await world.grant(agreement, by: world.cast.bob)
        try await follower.follow(world)
        #expect(follower.rows.count == 8 && follower.retractions == 0)

        try await world.withdraw(anns, by: world.cast.ann)
        try await follower.follow(world)
        #expect(Set(follower.rows.map(\.key)) == ["m3"] && follower.retractions == 2)
        try await world.grant(agreement, fields: ["meter", "kwh"], keys: ["m1"], by: world.cast.ann)
        try await follower.follow(world)
        try await follower.check(world, "granted again in fewer fields")
        #expect(follower.retractions == 2 && follower.beginnings == 1)

        _ = try await world.exchange.deleteRows(of: "m3", in: slug("meters"), by: world.cast.grid)
        try await follower.follow(world)
        #expect(follower.retractions == 3 && Set(follower.rows.map(\.key)) == ["m1"])
        #expect(follower.beginnings == 1)
        let next = try await world.restarted()
        try await follower.follow(next)
        #expect(follower.beginnings == 1 && follower.retractions == 3)
        try await next.publish(World.csv(World.meters(version: 9)))
        try await follower.follow(next)
        #expect(follower.beginnings == 2)
        try await follower.check(next, "replaced")
    }

    @Test("A row without its key cannot be retracted: the reader begins anew") func keyless() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let grant = try await world.grant(agreement, fields: ["kwh"], by: world.cast.ann).value.grant.id
        var follower = try Follower(agreement, fields: nil)
        try await follower.follow(world)
        #expect(follower.rows.count == 4 && follower.rows.allSatisfy { $0.key == nil })
        try await world.withdraw(grant, by: world.cast.ann)
        try await follower.follow(world)
        #expect(follower.rows.isEmpty && follower.beginnings == 2 && follower.retractions == 0)
    }

    @Test("What is no cursor of this read is refused and says why") func refusals() async throws {
        let world = try await World.story()
        let (agreement, other) = (try await world.agreement(), try await world.agreement())
        try await world.grant(agreement, by: world.cast.ann)
        var follower = try Follower(agreement, fields: nil)
        try await follower.follow(world)
        let cursor = try #require(follower.cursor)
        func refusal(
            _ cursor: String, _ agreement: AgreementID, _ fields: [String]? = nil, where text: String? = nil
        ) async throws -> String {
            try await fault {
                try world.exchange.read(
                    world.claim(agreement), fields: fields, where: text.map { try Condition($0) },
                    since: cursor)
            }.code
        }
        #expect(try await refusal("", agreement) == "bad_cursor")
        #expect(try await refusal("x" + cursor, agreement) == "bad_cursor")
        #expect(try await refusal(cursor, other) == "cursor_gone")
        #expect(try await refusal(cursor, agreement, ["meter", "kwh"]) == "cursor_other_read")
        #expect(try await refusal(cursor, agreement, where: "kwh = '1'") == "cursor_other_read")
        #expect(try await refusal(cursor, agreement, ["kwh"]) == "since_needs_owner_column")
        let bytes = try #require(Base64.decodeURL(cursor))
        for index in bytes.indices {
            var forged = bytes
            forged[index] ^= 1
            let code = try await refusal(Base64.encodeURL(forged), agreement)
            #expect((1..<17).contains(index) ? code == "cursor_gone" : code == "bad_cursor", "\(index)")
        }
        #expect(try world.exchange.cursor(after: world.plan(agreement, fields: ["kwh"]), rows: 4) == nil)
        try await follower.follow(world, limit: 2)
        #expect(follower.cursor == cursor)
    }

    @Test("Copies kept up through any changes are what is released", arguments: 0..<4)
    func changes(round: Int) async throws {
        var seeds = SeededGenerator.announced("cursors \(round)")
        for _ in 0..<round { _ = seeds.next() }
        var story = try await CursorStory(SeededGenerator(seed: seeds.next()))
        for step in 0..<120 { try await story.step(step) }
        #expect(story.retractions > 20 && story.idleRetractions * 5 < story.retractions)
        try story.world.stop()
    }
}

/// A hub, followers of one agreement, and everything that can happen between and during their reads.
private struct CursorStory {
    private(set) var world: World
    private var random: SeededGenerator
    private let agreement: AgreementID
    private var followers: [Follower]
    private var version = 1

    init(_ random: SeededGenerator) async throws {
        self.random = random
        world = try await World.story()
        let agreement = try await world.agreement()
        self.agreement = agreement
        followers = try [
            Follower(agreement, fields: nil), Follower(agreement, fields: ["kwh", "meter"]),
            Follower(agreement, fields: nil, where: "kwh >= '5'"),
        ]
        try await replace()
    }

    var retractions: Int { followers.reduce(0) { $0 + $1.retractions } }
    var idleRetractions: Int { followers.reduce(0) { $0 + $1.idleRetractions } }

    mutating func step(_ step: Int) async throws {
        for _ in 0..<Int.random(in: 0...3, using: &random) { try await change() }
        let number = Int.random(in: followers.indices, using: &random)
        let order = random.chance(30) ? RowOrder.original : .stored
        var follower = followers[number]
        if random.chance(40) {
            var disturbed = self
            try await follower.follow(world, order: order) {
                if disturbed.random.chance(50) { try await disturbed.change(mayRestart: false) }
            }
            (random, version) = (disturbed.random, disturbed.version)
        }
        try await follower.follow(world, order: order)
        try await follower.check(world, "step \(step), follower \(number); \(replay)")
        followers[number] = follower
    }

    private mutating func change(mayRestart: Bool = true) async throws {
        let owner = random.pick([world.cast.ann, world.cast.bob, world.cast.corp])
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<35:
            let fields = random.chance(40) ? ["meter"] + random.some(of: ["day", "kwh"]) : nil
            let until = random.chance(20) ? world.home.clock.read().adding(seconds: 5) : nil
            _ = try? await world.grant(
                agreement, fields: random.chance(5) ? ["kwh"] : fields, until: until, by: owner)
        case 35..<60:
            guard let listed = try await world.listed(agreement, for: owner) else { return }
            _ = try? await world.withdraw(listed.grant.id, by: owner)
        case 60..<72: try await append()
        case 72..<79:
            let key = random.pick(["m1", "m2", "m3", "m4", "m5", "m6"])
            version += 1
            _ = try? await world.exchange.deleteRows(of: key, in: slug("meters"), by: world.cast.grid)
        case 79..<88:
            let key = random.pick(["m1", "m2", "m3", "m4", "m5", "m6"])
            try await world.link([(key, random.chance(80) ? owner : nil)])
        case 88..<92: world.home.clock.advance(milliseconds: 3_000)
        case 92..<95: try await replace()
        default: if mayRestart { world = try await world.restarted() }
        }
    }

    private mutating func append() async throws {
        version += 1
        try await world.append(World.meters(version: version, of: random.some(of: ["m1", "m3", "m4", "m6"])))
    }

    /// With cells so long that a read is of several blocks.
    private mutating func replace() async throws {
        version += 1
        let long = String(repeating: "x", count: 9_000)
        let rows = World.meters(version: version).map { [$0[0], $0[1] + long, $0[2]] }
        try await world.publish(World.csv(rows))
    }
}
