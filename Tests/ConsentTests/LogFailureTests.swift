import AuditLog
import Consent
import Cryptography
import DataPlane
import MerkleLog
import Model
import Registry
import Testing
import TestSupport

/// How the log comes to be unwritable.
enum LogBreakage: String, CaseIterable, Sendable {
    case closed
    case fullDisk
}

@Suite("When the log cannot be written", .timeLimit(.minutes(5))) struct LogFailureTests {
    /// A log that can be broken and mended.
    struct Broken {
        let world: World
        let disk: Tmpfs?

        init(_ breakage: LogBreakage) async throws {
            disk = breakage == .fullDisk ? try Tmpfs(sizeKiB: 2048) : nil
            world = try await World.story(in: Home(logDisk: disk))
        }

        func breakLog() async throws {
            guard let disk else { return world.log.close() }
            try disk.fill()
            // The last page still has room for some entries.
            for _ in 0..<1000 where (try? world.log.requireWritable()) != nil {
                _ = try? await world.exchange.append(AuditEvent(.accessDecided, by: .anyone))
            }
            #expect(throws: RetryableFault.self) { try world.log.requireWritable() }
        }

        func mended() async throws -> World {
            try world.stop()
            try disk?.drain()
            return try await world.restarted(isStopped: true)
        }
    }

    static var breakages: [LogBreakage] { Tmpfs.isAvailable ? LogBreakage.allCases : [.closed] }

    @Test("The disk of the log can be filled here", .enabled(if: Tmpfs.isAvailable, "may not mount a tmpfs"))
    func canFill() async throws {
        let broken = try await Broken(.fullDisk)
        try await broken.breakLog()
        #expect(broken.world.log.failure != nil)
    }

    @Test(
        "Every ending works: no entry yet, no row any more, and later the entry is there once",
        arguments: breakages)
    func narrowing(breakage: LogBreakage) async throws {
        let broken = try await Broken(breakage)
        let world = broken.world
        let agreement = try await world.agreement()
        let anns = try await world.grant(agreement, by: world.cast.ann).value.grant.id
        let corps = try await world.grant(agreement, by: world.cast.corp).value.grant.id
        let listed = try #require(try await world.listed(agreement, for: world.cast.bob)).grant.id
        let request = try await world.exchange.request(world.ask(), by: world.cast.bureau).value.id
        let running = try world.download(agreement)
        try await broken.breakLog()
        let withdrawn = try await world.withdraw(anns, by: world.cast.ann)
        #expect(withdrawn.entry == nil && withdrawn.value.grant.state == .withdrawn)
        #expect(try world.meters(agreement) == ["m4"])
        #expect(try await world.exchange.end(corps, by: .revoke, world.cast.grid).entry == nil)
        #expect(try running.rest() == [])
        #expect(try await world.exchange.end(listed, by: .refuse, world.cast.bob).entry == nil)
        #expect(
            try await world.exchange.refuse(request, reason: "no", by: world.cast.grid).value.state
                == .refused)
        let next = try await broken.mended()
        #expect(try next.rows(agreement) == [])
        #expect(try next.stored(anns)?.state == .withdrawn)
        let entries = try next.finalEntries()
        for type in ["grant.withdrawn", "grant.revoked", "grant.refused", "request.refused"] {
            #expect(entries.filter { $0["type"] == .string(type) }.count == 1, "\(type)")
        }
        let numbers = entries.compactMap { $0["seq"]?.integer }
        #expect(numbers == Array(1...Int64(numbers.count)))
        var verifier = LogVerifier(
            files: try LogDirectory(next.home.logDirectory + "/log"),
            log: try NoteVerifier(vkey: next.home.signer.vkey))
        verifier.checksEntries = true
        #expect(verifier.verify().description.hasPrefix("verified \(entries.count) entries"))
    }

    @Test("An amendment that only takes away works like a withdrawal", arguments: breakages)
    func narrowerAmendment(breakage: LogBreakage) async throws {
        let broken = try await Broken(breakage)
        let world = broken.world
        let agreement = try await world.agreement()
        let given = try await world.grant(agreement, by: world.cast.ann).value.grant.id
        try await broken.breakLog()
        let amended = try await world.grant(agreement, fields: ["day"], keys: ["m1"], by: world.cast.ann)
        #expect(amended.entry == nil && amended.value.grant.id == given)
        #expect(try world.rows(agreement) == [",m1-1-v1,", ",m1-2-v1,"])
        let next = try await broken.mended()
        #expect(try next.rows(agreement) == [",m1-1-v1,", ",m1-2-v1,"])
        #expect(try next.finalEntries().filter { $0["type"] == "grant.amended" }.count == 1)
    }

    @Test("What ran out stops, and is recorded when the log is back", arguments: breakages)
    func expiry(breakage: LogBreakage) async throws {
        let broken = try await Broken(breakage)
        let world = broken.world
        let agreement = try await world.agreement()
        try await world.grant(agreement, until: noon.adding(seconds: 1), by: world.cast.ann)
        try await broken.breakLog()
        world.home.clock.set(noon.adding(seconds: 1))
        #expect(try world.rows(agreement) == [])
        #expect(try await world.exchange.recordExpiries() == 1)
        let next = try await broken.mended()
        #expect(try await next.exchange.recordExpiries() == 0)
        #expect(try next.finalEntries().filter { $0["type"] == "grant.expired" }.count == 1)
    }

    @Test(
        "Nothing widens: each is refused as something to try again, and nothing changed", arguments: breakages
    )
    func widening(breakage: LogBreakage) async throws {
        let broken = try await Broken(breakage)
        let world = broken.world
        let cast = world.cast
        let agreement = try await world.agreement()
        try await world.grant(agreement, fields: ["day"], by: cast.ann)
        let open = try await world.exchange.request(world.ask(), by: cast.bureau).value.id
        let upload = try await world.exchange.beginUpload(
            slug("meters"), .replaces, badLines: .refuse, by: cast.grid)
        try upload.consume(World.csv(World.meters(version: 2)))
        let rows = try world.rows(agreement)
        try await broken.breakLog()
        let attempts: [(String, () async throws -> Void)] = [
            ("grant", { try await world.grant(agreement, by: cast.bob) }),
            ("amend", { try await world.grant(agreement, by: cast.ann) }),
            ("agree", { _ = try await world.exchange.agree(open, by: cast.grid) }),
            ("request", { _ = try await world.exchange.request(world.ask(), by: cast.bureau) }),
            ("link", { try await world.link([("m5", cast.ann)]) }),
            ("add", { try await world.add("more", .open) }),
            ("publish", { _ = try await world.exchange.publish(upload, by: cast.grid) }),
            ("person", { _ = try await Cast.person("Eve", world.exchange, by: cast.boss) }),
        ]
        for (name, attempt) in attempts {
            let fault = await #expect(throws: RetryableFault.self, "\(name)") { try await attempt() }
            #expect(fault?.code == "log_unavailable", "\(name)")
        }
        #expect(try world.rows(agreement) == rows)
        let next = try await broken.mended()
        #expect(try next.rows(agreement) == rows)
        #expect(next.home.files(of: "meters") == ["1"])
        #expect(try next.registry.read { try $0.request(open)?.state } == .open)
        #expect(try next.registry.read { try $0.dataset(slug("more")) } == nil)
        #expect(try await next.exchange.agree(open, by: cast.grid).entry != nil)
    }

    @Test("An owner still sees what he was asked and answered, and nothing new", arguments: breakages)
    func listing(breakage: LogBreakage) async throws {
        let broken = try await Broken(breakage)
        let world = broken.world
        let agreement = try await world.agreement()
        let given = try await world.grant(agreement, by: world.cast.ann).value.grant.id
        let unseen = try await world.agreement()
        try await broken.breakLog()
        #expect(try await world.listed(agreement, for: world.cast.ann)?.grant.id == given)
        #expect(try await world.listed(unseen, for: world.cast.ann) == nil)
        let next = try await broken.mended()
        #expect(try await next.listed(unseen, for: next.cast.ann)?.grant.state == .requested)
    }

    @Test(
        "The log fails between a grant's commit and its entry: no row flows, and the next start is whole"
    )
    func failsInBetween() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        world.commits.shut()
        let giving = Task { try await world.grant(agreement, by: world.cast.ann) }
        await world.commits.holds(1)
        world.log.close()
        world.commits.open()
        await #expect(throws: RetryableFault.self) { try await giving.value }
        #expect(try world.rows(agreement) == [])
        let next = try await world.restarted()
        try next.expectExact(agreement, World.meters(version: 1), version: 1)
        let state = try next.registry.read {
            try $0.currentGrant(of: agreement, owner: world.cast.ann.owner)?.state
        }
        let entries = try next.finalEntries().filter { $0["type"] == "grant.given" }
        #expect(entries.count == (state == .given ? 1 : 0))
    }

    @Test("The same with a publication: the old version goes on, the new one comes with the next start")
    func publicationInBetween() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.bob)
        world.commits.shut()
        let publishing = Task { try await world.publish(World.csv(World.meters(version: 2))) }
        await world.commits.holds(1)
        #expect(try world.rows(agreement) == ["m3,m3-1-v1,11", "m3,m3-2-v1,21"])
        world.log.close()
        world.commits.open()
        await #expect(throws: RetryableFault.self) { try await publishing.value }
        #expect(try world.rows(agreement) == ["m3,m3-1-v1,11", "m3,m3-2-v1,21"])
        let next = try await world.restarted()
        #expect(try next.rows(agreement) == ["m3,m3-1-v2,12", "m3,m3-2-v2,22"])
        #expect(try next.finalEntries().filter { $0["type"] == "dataset.versioned" }.count == 2)
    }
}
