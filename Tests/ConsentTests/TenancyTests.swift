import Consent
import DataPlane
import Model
import Registry
import Testing
import TestSupport

/// Keys that were different owners' at different times.
@Suite("Tenancies", .timeLimit(.minutes(5))) struct TenancyTests {
    private static let fields = [
        Field(name: "meter", type: .string), Field(name: "at", type: .datetime),
        Field(name: "kwh", type: .integer),
    ]
    private static let names = fields.map(\.name)
    private static let start: Int64 = 1_767_225_600_000  // 2026-01-01T00:00:00Z
    private static let hour: Int64 = 3_600_000

    private static func at(_ hours: Int) -> Instant { Instant(milliseconds: start + Int64(hours) * hour) }

    /// One row an hour of each of three meters, and now and then one of no time.
    private static func rows(_ version: Int, hours: Range<Int>) -> [[String]] {
        hours.flatMap { number in
            (0..<3).map { ["m\($0)", at(number).description, "\(version)\(number)\($0)"] }
                + (number % 7 == 0 ? [["m\(number % 3)", "", "\(version)\(number)9"]] : [])
        }
    }

    private func world(_ rows: [[String]], time: String? = "at") async throws -> World {
        let world = try await World.empty()
        _ = try await world.exchange.addDataset(
            Exchange.DatasetDescription(
                id: slug("meters"), title: "m", ownerRule: .column("meter"), timeColumn: time,
                nullValues: [""], fields: Self.fields, offer: nil), by: world.cast.grid)
        try await world.publish(World.csv(rows, fields: Self.names))
        return world
    }

    private func claim(_ key: String, _ owner: Caller?, _ from: Int? = nil, _ to: Int? = nil)
        -> Exchange.LinkClaim
    {
        Exchange.LinkClaim(
            ownerKey: key, owner: owner?.owner,
            period: DataSpan(from: from.map(Self.at), to: to.map(Self.at)))
    }

    private func link(_ world: World, _ claims: [Exchange.LinkClaim]) async throws {
        _ = try await world.exchange.link(claims, in: slug("meters"), by: world.cast.grid)
    }

    /// What flows, worked out row by row from the links and grants in the registry.
    private func expected(_ world: World, _ agreement: AgreementID, _ rows: [(version: Int, cells: [String])])
        throws -> [String]
    {
        var links: [OwnerLink] = []
        var grants: [Owner: LiveGrant] = [:]
        try world.registry.read { reader in
            try reader.forEachLink(of: slug("meters")) { links.append($0) }
            try reader.forEachLiveGrant(of: agreement, at: world.exchange.now) { grants[$0.owner] = $0 }
        }
        return rows.compactMap { version, cells in
            let time = Instant(cells[1])
            let link = links.first { link in
                guard link.ownerKey == cells[0] else { return false }
                guard link.sinceVersion <= version else { return false }
                guard let period = link.period else { return true }
                guard let time else { return false }
                return (period.from ?? time) <= time && (period.to.map { time < $0 } ?? true)
            }
            guard let link, let grant = grants[link.owner], grant.ownerKeys?.contains(cells[0]) ?? true else {
                return nil
            }
            return zip(Self.names, cells).map { grant.fieldIDs.contains($0) ? $1 : "" }.joined(separator: ",")
        }.sorted()
    }

    @Test("Links in time, grants, new rows and restarts: what flows is what links and grants say")
    func random() async throws {
        var random = SeededGenerator.announced("tenancies")
        var rows = Self.rows(1, hours: 0..<48).map { (version: 1, cells: $0) }
        var world = try await world(rows.map(\.cells))
        try await link(world, [claim("m0", world.cast.ann, nil, 20), claim("m0", world.cast.bob, 20)])
        let agreement = try await world.agreement(fields: Self.names)
        var version = 1
        for step in 0..<120 {
            let owners = [world.cast.ann, world.cast.bob, world.cast.corp]
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<6:
                try await link(world, divide("m\(Int.random(in: 0..<3, using: &random))", world, &random))
            case 6..<14: try await change(random.pick(owners), agreement, world, &random)
            case 14..<17:
                version += 1
                let hours = Int.random(in: 0..<40, using: &random)
                let added = Self.rows(version, hours: hours..<hours + 4)
                let upload = try await world.exchange.beginUpload(
                    slug("meters"), .adds, badLines: .refuse, by: world.cast.grid)
                try upload.consume(World.csv(added, fields: Self.names))
                _ = try await world.exchange.publish(upload, by: world.cast.grid)
                rows += added.map { (version, $0) }
            case 17:
                let key = "m\(Int.random(in: 0..<3, using: &random))"
                do {
                    _ = try await world.exchange.deleteRows(of: key, in: slug("meters"), by: world.cast.grid)
                } catch is ClientFault {
                    // It has no rows at the moment.
                    continue
                }
                version += 1
                rows.removeAll { $0.cells[0] == key }
            default: world = try await world.restarted()
            }
            let found = try world.rows(agreement)
            let expected = try expected(world, agreement, rows)
            let differing = Set(found).symmetricDifference(expected).sorted().prefix(5)
            #expect(found == expected, "step \(step), such as \(Array(differing)); \(replay)")
        }
    }

    private func divide(
        _ key: String, _ world: World, _ random: inout SeededGenerator
    ) -> [Exchange.LinkClaim] {
        let owners = [world.cast.ann, world.cast.bob, world.cast.corp]
        if random.chance(25) { return [claim(key, random.chance(20) ? nil : random.pick(owners))] }
        let cuts = Set(
            (0..<Int.random(in: 1...4, using: &random)).map { _ in
                Int.random(in: 0...48, using: &random)
            }
        ).sorted()
        let claims = (0...cuts.count).filter { _ in random.chance(75) }.map { index in
            claim(
                key, random.pick(owners), index == 0 ? nil : cuts[index - 1],
                index == cuts.count ? nil : cuts[index])
        }
        return claims.isEmpty ? [claim(key, nil)] : claims.shuffled(using: &random)
    }

    /// Gives, amends or withdraws; some who have nothing to grant are refused.
    private func change(
        _ owner: Caller, _ agreement: AgreementID, _ world: World, _ random: inout SeededGenerator
    ) async throws {
        let current = try world.registry.read { try $0.currentGrant(of: agreement, owner: owner.owner) }
        if let current, current.state == .given, random.chance(30) {
            try await world.withdraw(current.id, by: owner)
            return
        }
        let fields = random.some(of: Self.names)
        let keys = random.chance(20) ? ["m\(Int.random(in: 0..<3, using: &random))"] : nil
        do { try await world.grant(agreement, fields: fields, keys: keys, by: owner) } catch is ClientFault {}
    }

    @Test("A period that passes on inside a stream is out of it when the link is made, the others flow on")
    func streams() async throws {
        let rows = (0..<20_000).map { ["m0", Self.at($0 % 48).description, "\($0)"] }
        let world = try await world(rows)
        try await link(world, [claim("m0", world.cast.ann, nil, 24), claim("m0", world.cast.bob, 24)])
        let agreement = try await world.agreement(fields: Self.names)
        try await world.grant(agreement, by: world.cast.ann)
        try await world.grant(agreement, by: world.cast.bob)
        let download = try world.download(agreement)
        guard case .rows(let first) = try download.step() else { throw NothingRead() }
        #expect(first.contains { $0.contains("T01:00") } && first.contains { $0.contains("T23:00") })
        // Bob's become Corp's, who granted nothing; of Ann's the last twelve hours do.
        try await link(
            world, [claim("m0", world.cast.ann, nil, 12), claim("m0", world.cast.corp, 12)])
        let rest = try download.rest()
        let expected = rows[first.count...].filter { row in
            Instant(row[1]).map { $0 < Self.at(12) } == true
        }
        #expect(rest == expected.map { $0.joined(separator: ",") })
        #expect(rest.count > 4_000)
    }

    private struct NothingRead: Error {}

    @Test("Owners see a key once, and a grant of it covers all their periods of it") func keys() async throws
    {
        let world = try await world(Self.rows(1, hours: 0..<48))
        try await link(
            world,
            [
                claim("m0", world.cast.ann, nil, 10), claim("m0", world.cast.bob, 10, 20),
                claim("m0", world.cast.ann, 20), claim("m1", world.cast.ann),
            ])
        let agreement = try await world.agreement(fields: Self.names)
        #expect(try await world.listed(agreement, for: world.cast.ann)?.ownerKeys == ["m0", "m1"])
        #expect(try await world.listed(agreement, for: world.cast.bob)?.ownerKeys == ["m0"])
        try await world.grant(agreement, keys: ["m0"], by: world.cast.ann)
        let times = try world.rows(agreement).map { String($0.split(separator: ",")[1]) }
        #expect(times.count == 38 && !times.contains(Self.at(10).description))
        // Cursors count owner keys.
        #expect(try world.exchange.cursor(after: world.plan(agreement), rows: 1) == nil)
    }

    @Test("Times need a time column, an owner and an order, and do not overlap") func refusals() async throws
    {
        let rows = Self.rows(1, hours: 0..<2)
        let (with, without) = (try await world(rows), try await world(rows, time: nil))
        let (ann, bob) = (with.cast.ann, with.cast.bob)
        let timeless = try await fault {
            try await link(without, [claim("m0", without.cast.ann, 1)])
        }
        #expect(timeless.code == "link_time" && timeless.field == "[0].from")
        for (claims, code, field) in [
            ([claim("m0", nil, nil, 2)], "link_time", "[0].to"),
            ([claim("m1", bob), claim("m0", ann, 2, 2)], "link_time", "[1].from"),
            ([claim("m0", ann, 1, 3), claim("m0", bob, 2)], "owner_key_twice", "[1].owner_key"),
            ([claim("m0", ann), claim("m0", bob, 2)], "owner_key_twice", "[1].owner_key"),
            ([claim("m0", ann, 2), claim("m0", nil)], "owner_key_twice", "[1].owner_key"),
        ] {
            let refused = try await fault { try await link(with, claims) }
            #expect(refused.code == code && refused.field == field, "\(refused)")
        }
        #expect(try with.registry.read { try $0.links(of: slug("meters"), ownerKey: "m0") } == [])
    }
}
