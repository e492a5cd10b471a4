import Consent
import Cryptography
import DataPlane
import Model
import Registry
import Synchronization
import Testing
import TestSupport

/// What ends for an organisation, an agreement, a credential: whatever else does not work.
@Suite("Who takes part", .timeLimit(.minutes(5))) struct ParticipantTests {
    enum Ending: String, CaseIterable, Sendable {
        case consumerSuspended, providerSuspended, agreementEnded

        func make(_ world: World, _ agreement: AgreementID) async throws -> UInt64? {
            switch self {
            case .consumerSuspended:
                try await world.exchange.suspend(slug("bureau"), reason: nil, by: world.cast.boss).entry
            case .providerSuspended:
                try await world.exchange.suspend(slug("grid"), reason: nil, by: world.cast.boss).entry
            case .agreementEnded:
                try await world.exchange.end(agreement, reason: nil, by: world.cast.bureau).entry
            }
        }

        var type: String { self == .agreementEnded ? "agreement.ended" : "org.suspended" }
    }

    /// Whether a read now would be decided for the better.
    private func reads(_ world: World, _ agreement: AgreementID) throws -> Bool {
        guard case .permitted(let plan) = try world.exchange.read(world.claim(agreement), fields: nil) else {
            return false
        }
        guard let gate = plan.gate else { return true }
        let ticket = StreamTicket(gate: gate, versionNumber: plan.version.number)
        defer { ticket?.end() }
        return ticket != nil
    }

    @Test("It works while the log cannot be written, and its entry follows once", arguments: Ending.allCases)
    func logBroken(_ ending: Ending) async throws {
        let broken = try await LogFailureTests.Broken(.closed)
        let world = broken.world
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        let running = try world.download(agreement)
        try await broken.breakLog()
        #expect(try await ending.make(world, agreement) == nil)
        #expect(try running.step() == .cut && !reads(world, agreement))
        let next = try await broken.mended()
        #expect(try !reads(next, agreement), "the next start knows it")
        let entries = try next.finalEntries()
        #expect(entries.filter { $0["type"]?.string == ending.type }.count == 1)
    }

    @Test(
        "It holds when the database cannot commit, and can be tried again", arguments: Ending.allCases)
    func databaseFull(_ ending: Ending) async throws {
        guard Tmpfs.isAvailable else { return }
        let disk = try Tmpfs(sizeKiB: 8192)
        let world = try await World.story(in: Home(databaseDisk: disk))
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        let running = try world.download(agreement)
        try disk.fill()
        let fault = await #expect(throws: RetryableFault.self) {
            _ = try await ending.make(world, agreement)
        }
        #expect(fault?.code == "registry_unavailable")
        #expect(try running.step() == .cut && !reads(world, agreement))
        try disk.drain()
        #expect(try !reads(world, agreement), "room alone brings nothing back")
        #expect(try await ending.make(world, agreement) != nil)
        #expect(try !reads(world, agreement))
    }

    @Test("What owners change while a party is suspended holds when it is resumed") func meanwhile()
        async throws
    {
        let world = try await World.story()
        let (cast, exchange) = (world.cast, world.exchange)
        let agreement = try await world.agreement()
        let anns = try await world.grant(agreement, by: cast.ann).value.grant.id
        for party in ["bureau", "grid"] {
            _ = try await exchange.suspend(slug(party), reason: nil, by: cast.boss)
        }
        try await world.grant(agreement, by: cast.bob)
        try await world.withdraw(anns, by: cast.ann)
        _ = try await exchange.resume(slug("bureau"), reason: nil, by: cast.boss)
        #expect(try !reads(world, agreement), "the other one is suspended still")
        _ = try await exchange.resume(slug("grid"), reason: nil, by: cast.boss)
        #expect(try world.meters(agreement) == ["m3"])
    }

    @Test("A party that is suspended when an agreement is made gets nothing by it") func madeMeanwhile()
        async throws
    {
        let world = try await World.story()
        let request = try await world.exchange.request(world.ask(), by: world.cast.bureau).value.id
        _ = try await world.exchange.suspend(slug("bureau"), reason: nil, by: world.cast.boss)
        let agreement = try await world.exchange.agree(request, by: world.cast.grid).value.id
        try await world.grant(agreement, by: world.cast.ann)
        #expect(try !reads(world, agreement))
        _ = try await world.exchange.resume(slug("bureau"), reason: nil, by: world.cast.boss)
        #expect(try world.meters(agreement) == ["m1", "m2"])
    }

    @Test("No stream that begins while it is suspended sends a block, whichever comes first")
    func race() async throws {
        let world = try await World.story()
        let (exchange, boss) = (world.exchange, world.cast.boss)
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        // Odd while the organisation is surely suspended.
        let phase = Mutex(0)
        let isOver = Mutex(false)
        let readers = (0..<2).map { _ in
            Lane().run {
                var blocks = (open: 0, closed: 0)
                while !isOver.withLock({ $0 }) {
                    let before = phase.withLock { $0 }
                    guard case .permitted(let plan) = try exchange.read(world.claim(agreement), fields: nil)
                    else { continue }
                    let step = try Download(plan, of: exchange).step()
                    guard case .rows = step else { continue }
                    let after = phase.withLock { $0 }
                    if before == after, before % 2 == 1 { blocks.closed += 1 } else { blocks.open += 1 }
                }
                return blocks
            }
        }
        for _ in 0..<200 {
            _ = try await exchange.suspend(slug("bureau"), reason: nil, by: boss)
            phase.withLock { $0 += 1 }
            await Task.yield()
            phase.withLock { $0 += 1 }
            _ = try await exchange.resume(slug("bureau"), reason: nil, by: boss)
        }
        isOver.withLock { $0 = true }
        var open = 0
        for reader in readers {
            let blocks = try await reader.value
            #expect(blocks.closed == 0)
            open += blocks.open
        }
        #expect(open > 0, "somebody read in between")
    }

    // MARK: Passes

    private func pass(
        _ caller: Caller, _ world: World, token: String = "t", key: String? = nil
    ) throws -> Pass {
        Pass(
            client: try #require(caller.organisation?.id), credentials: [caller.thumbprint],
            issuedAt: noon, tokenID: token, keyID: key ?? world.exchange.parts.keys.keys.currentID)
    }

    private func passFault(_ pass: Pass, _ claim: Exchange.Claim, _ world: World) -> PassFault? {
        do throws(PassFault) {
            try world.exchange.requireStanding(pass, claim)
            return nil
        } catch {
            return error
        }
    }

    @Test("Each part of a pass can end, and ends the streams that came in by it, and no others")
    func passes() async throws {
        let world = try await World.story()
        let (cast, exchange) = (world.cast, world.exchange)
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: cast.ann)
        let claim = try world.claim(agreement)
        let plan = try world.plan(agreement)
        let gate = try #require(plan.gate)
        func ticket(_ pass: Pass) throws -> StreamTicket {
            try #require(StreamTicket(gate: gate, versionNumber: plan.version.number, pass: pass))
        }
        func flows(_ ticket: StreamTicket) -> Bool { ticket.atBorder(at: exchange.now) { $0 != nil } }
        let good = try pass(cast.bureau, world)
        #expect(passFault(good, claim, world) == nil)
        let old = try pass(cast.bureau, world, token: "other")
        let kept = try ticket(old)

        let revoked = try ticket(good)
        let recorded = try await exchange.revoke(
            token: "t", of: slug("bureau"), under: agreement, expiresAt: noon.adding(seconds: 600), [:],
            by: cast.bureau.actor)
        #expect(recorded.entry != nil && !flows(revoked) && flows(kept))
        #expect(passFault(good, claim, world) == .tokenRevoked)

        let certificate = try Cast.certificate("bureau 2", at: noon)
        _ = try await exchange.addCredential(.certificate(certificate), to: slug("bureau"), by: cast.bureau)
        let second = try #require(try exchange.caller(with: certificate.thumbprint))
        let other = try pass(second, world, token: "second")
        let running = try ticket(other)
        _ = try await exchange.removeCredential(
            certificate.thumbprint, of: slug("bureau"), by: cast.bureau)
        #expect(!flows(running) && flows(kept))
        #expect(passFault(other, claim, world) == .credentialRemoved)
        #expect(try exchange.caller(with: certificate.thumbprint) == nil)

        let stranger = try pass(cast.rival, world, token: "third")
        #expect(passFault(stranger, claim, world) == .notProcessor)
        _ = try await exchange.setProcessors([slug("rival")], of: agreement, by: cast.bureau)
        #expect(passFault(stranger, claim, world) == nil)
        let processor = try ticket(stranger)
        _ = try await exchange.setProcessors([], of: agreement, by: cast.bureau)
        #expect(!flows(processor) && flows(kept))

        _ = try await exchange.rotateKey(revokesFormer: false, by: cast.boss)
        #expect(flows(kept))
        #expect(passFault(old, claim, world) == nil)
        let current = try ticket(try pass(cast.bureau, world, token: "fourth"))
        _ = try await exchange.suspend(slug("rival"), reason: nil, by: cast.boss)
        #expect(flows(current) && flows(kept), "another's suspension is nothing to them")
        _ = try await exchange.rotateKey(revokesFormer: true, by: cast.boss)
        #expect(!flows(current) && !flows(kept) && passFault(old, claim, world) == .keyRevoked)
        _ = try await exchange.suspend(slug("bureau"), reason: nil, by: cast.boss)
        #expect(passFault(old, claim, world) == .clientSuspended)
    }

    @Test("A credential that comes back does not bring back what was taken with it") func returns()
        async throws
    {
        let world = try await World.story()
        let (cast, exchange) = (world.cast, world.exchange)
        let agreement = try await world.agreement()
        let claim = try world.claim(agreement)
        let certificate = try Cast.certificate("bureau 2", at: noon)
        let proof = ClientProof.certificate(certificate)
        _ = try await exchange.addCredential(proof, to: slug("bureau"), by: cast.bureau)
        let second = try #require(try exchange.caller(with: certificate.thumbprint))
        let before = try pass(second, world)
        #expect(passFault(before, claim, world) == nil)
        world.home.clock.set(noon.adding(seconds: 5))
        _ = try await exchange.removeCredential(certificate.thumbprint, of: slug("bureau"), by: cast.bureau)
        _ = try await exchange.addCredential(proof, to: slug("bureau"), by: cast.bureau)
        #expect(passFault(before, claim, world) == .credentialRemoved)
        var after = before
        after.issuedAt = noon.adding(seconds: 5)
        #expect(passFault(after, claim, world) == nil)
    }

    @Test("Whoever was let in and lost his certificate or role meanwhile widens nothing") func late()
        async throws
    {
        let world = try await World.story()
        let (cast, exchange) = (world.cast, world.exchange)
        let agreement = try await world.agreement()
        let request = try await exchange.request(world.ask(), by: cast.bureau).value.id
        let upload = try await exchange.beginUpload(
            slug("meters"), .replaces, badLines: .refuse, by: cast.grid)
        try upload.consume(World.csv(World.meters(version: 2)))
        for party in ["bureau", "grid", "corp"] {
            _ = try await exchange.suspend(slug(party), reason: nil, by: cast.boss)
        }
        let certificate = try Cast.certificate("thief", at: noon)
        let attempts: [(String, () async throws -> Void)] = [
            ("request", { _ = try await exchange.request(world.ask(), by: cast.bureau) }),
            ("agree", { _ = try await exchange.agree(request, by: cast.grid) }),
            ("grant", { _ = try await world.grant(agreement, by: cast.corp) }),
            ("publish", { _ = try await exchange.publish(upload, by: cast.grid) }),
            ("link", { _ = try await world.link([("m5", cast.ann)]) }),
            (
                "add a dataset",
                { _ = try await world.add("more", .column("meter")) }
            ),
            (
                "add a certificate",
                {
                    _ = try await exchange.addCredential(
                        .certificate(certificate), to: slug("bureau"), by: cast.bureau)
                }
            ),
            (
                "change fields",
                { _ = try exchange.changeFields(of: slug("meters"), to: [], breaking: [], by: cast.grid) }
            ),
            (
                "let a processor in",
                { _ = try await exchange.setProcessors([slug("rival")], of: agreement, by: cast.bureau) }
            ),
        ]
        for (what, attempt) in attempts {
            let fault = await #expect(throws: ClientFault.self, "\(what)") { try await attempt() }
            #expect(fault?.code == "caller_ended", "\(what): \(String(describing: fault))")
        }
        await upload.abort()
        #expect(try exchange.caller(with: certificate.thumbprint) == nil)
        let own = try await fault {
            try await exchange.suspend(
                slug("rival"), reason: nil,
                by: Caller(
                    person: Person(
                        id: PersonID(at: noon, random: (7, 7)), name: "P", organisation: slug("rival"),
                        role: .operator), of: cast.rival.organisation, thumbprint: cast.boss.thumbprint))
        }
        #expect(own.code == "own_organisation")
    }

    @Test("A key that cannot be revoked in the database signs and opens nothing until it can be")
    func keyOnFullDisk() async throws {
        guard Tmpfs.isAvailable else { return }
        let disk = try Tmpfs(sizeKiB: 8192)
        let world = try await World.story(in: Home(databaseDisk: disk))
        let (cast, exchange) = (world.cast, world.exchange)
        let request = try await exchange.request(world.ask(), by: cast.bureau).value.id
        let old = exchange.parts.keys.keys.currentID
        try disk.fill()
        await #expect(throws: RetryableFault.self) {
            _ = try await exchange.rotateKey(revokesFormer: true, by: cast.boss)
        }
        try disk.drain()
        #expect(!exchange.parts.keys.has(old))
        let fault = await #expect(throws: RetryableFault.self) {
            _ = try await exchange.agree(request, by: cast.grid)
        }
        #expect(fault?.code == "key_revoked")
        let new = try await exchange.rotateKey(revokesFormer: true, by: cast.boss).value
        #expect(exchange.parts.keys.keys.currentID == new && !exchange.parts.keys.has(old))
        let agreement = try await exchange.agree(request, by: cast.grid).value
        #expect(try CompactJWS(agreement.jws).header["kid"]?.string == new)
        let former = try world.registry.read { try $0.formerKeys() }
        #expect(former.map(\.id) == [old] && former.first?.isRevoked == true)
    }

    @Test("Who may change what of an organisation") func rights() async throws {
        let world = try await World.story()
        let (cast, exchange) = (world.cast, world.exchange)
        let certificate = try Cast.certificate("new", at: noon)
        let others = try await fault {
            try await exchange.addCredential(.certificate(certificate), to: slug("grid"), by: cast.bureau)
        }
        #expect(others.kind == .notFound)
        let theirs = try await fault {
            try await exchange.removeCredential(
                cast.grid.thumbprint, of: slug("grid"), by: cast.bureau)
        }
        #expect(theirs.kind == .notFound)
        #expect(try exchange.caller(with: cast.grid.thumbprint) != nil)
        let unknown = try await fault {
            try await exchange.removeCredential(
                certificate.thumbprint, of: slug("grid"), by: cast.boss)
        }
        #expect(unknown.code == "credential_unknown")
        // The thumbprint of another organisation's is none of its own.
        let foreign = try await fault {
            try await exchange.removeCredential(
                cast.bureau.thumbprint, of: slug("grid"), by: cast.boss)
        }
        #expect(foreign.code == "credential_unknown")
        #expect(try exchange.caller(with: cast.bureau.thumbprint) != nil)
    }
}
