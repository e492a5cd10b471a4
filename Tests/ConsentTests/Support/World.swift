import AuditLog
import Consent
import Cryptography
import DataPlane
import Model
import Registry
import TestSupport

/// A running exchange of real parts, put together as the hub does it, and those who take part in it.
final class World: Sendable {
    let home: Home
    let registry: Registry
    let log: AuditLog
    let commits: CommitGate
    let exchange: Exchange
    let cast: Cast
    private let outbox: Outbox
    private let index: SQLiteSearchIndex
    private let indexer: Indexer

    /// A hub that was just made, with its cast, the dataset `meters` and its first version.
    static func story(in home: Home? = nil) async throws -> World {
        let world = try await empty(in: home)
        try await world.addMeters()
        return world
    }

    /// A hub with its cast and no dataset.
    static func empty(in home: Home? = nil) async throws -> World {
        let home = try home ?? Home()
        return try await World(home, cast: nil)
    }

    private init(_ home: Home, cast: Cast?) async throws {
        self.home = home
        let sealer = EntrySealer(random: SecureRandom.bytes, sha256: { SHA256.hash($0) })
        registry = try Registry(path: home.database, sealer: sealer)
        // Without a reserve: tests of a full disk want the log to fail.
        log = try AuditLog(
            dataDirectory: home.logDirectory, signer: home.signer, reservedDiskBytes: 0)
        outbox = Outbox(log: log, store: registry)
        index = try SQLiteSearchIndex(path: home.database + ".index")
        indexer = Indexer(log: log, index: index) { _ in }
        exchange = Exchange(
            try Exchange.Parts(
                host: Home.host, registry: registry, log: log, outbox: outbox, index: index,
                indexer: indexer,
                clock: MonotoneClock(notBefore: log.newestTimeAtOpening) { [clock = home.clock] in
                    clock.read()
                },
                datasets: DatasetStore(directory: home.datasets), sealer: sealer,
                policies: Home.policies.get(),
                keys: KeyRing(home.hubKey), keyStore: ForgetfulKeyStore(home.hubKey), projectionBytes: 1 << 20
            ))
        _ = try await outbox.replay()
        let gate = CommitGate { [outbox] rows in outbox.deliver(rows) }
        commits = gate
        registry.onCommit { rows in gate.pass(rows) }
        try await exchange.start()
        self.cast =
            if let cast { cast } else { try await Cast(in: exchange, at: home.clock.read()) }
    }

    /// A hub lives as long as its process: its parts hold each other. Of those of tests, a file each would
    /// stay open, and Foundation does not hear of the end of processes once there are more than 1,024.
    deinit { try? stop() }

    /// Ends this hub in good order; what the log could not take stays in the outbox.
    func stop() throws {
        log.close()
        indexer.close()
        try index.close()
        try outbox.close()
        try registry.close()
    }

    /// Stops this hub and starts another one in the same home.
    func restarted(isStopped: Bool = false) async throws -> World {
        if !isStopped { try stop() }
        return try await World(home, cast: cast)
    }

    /// Stops this hub and gives the entries of its log.
    func finalEntries() throws -> [JSON] {
        try stop()
        return try home.entries()
    }
}

/// Who takes part: each with a certificate of his own, looked up as at the door.
struct Cast: Sendable {
    let boss: Caller
    /// Publishes `meters`.
    let grid: Caller
    /// Another provider.
    let water: Caller
    let bureau: Caller
    /// Another consumer.
    let rival: Caller
    /// Two persons and an organisation who own meters; `dora` owns nothing.
    let ann: Caller
    let bob: Caller
    let corp: Caller
    let dora: Caller

    init(in exchange: Exchange, at now: Instant) async throws {
        boss = try await Self.foundOperator(exchange, at: now)
        grid = try await Self.organisation("grid", [.provider], exchange, by: boss)
        water = try await Self.organisation("water", [.provider], exchange, by: boss)
        bureau = try await Self.organisation("bureau", [.consumer], exchange, by: boss)
        rival = try await Self.organisation("rival", [.consumer], exchange, by: boss)
        corp = try await Self.organisation("corp", [.owner], exchange, by: boss)
        ann = try await Self.person("Ann", exchange, by: boss)
        bob = try await Self.person("Bob", exchange, by: boss)
        dora = try await Self.person("Dora", exchange, by: boss)
    }

    static func certificate(_ name: String, at now: Instant) throws -> X509Certificate {
        try SelfSignedCertificate.client(
            commonName: name, userID: nil, key: .generate(.es256), at: now, validDays: 3650)
    }

    /// The first person of a hub, who has nobody to add him.
    private static func foundOperator(_ exchange: Exchange, at now: Instant) async throws -> Caller {
        let certificate = try certificate("operator", at: now)
        let id = PersonID(at: now, random: (1, 1))
        try exchange.parts.registry.write(at: now) { writer in
            try writer.insert(Person(id: id, name: "operator", role: .operator))
            try writer.insert(
                Credential(
                    thumbprint: certificate.thumbprint, principal: .person(id), certificate: certificate.pem,
                    notAfter: certificate.notAfter))
            try writer.record(AuditEvent(.personAdded, by: .hub, persons: ["person": id]))
        }
        return try known(certificate, exchange)
    }

    static func organisation(
        _ name: String, _ roles: Set<Organisation.Role>, _ exchange: Exchange, by caller: Caller
    ) async throws -> Caller {
        let certificate = try certificate(name, at: exchange.now)
        _ = try await exchange.addOrganisation(
            Organisation(id: slug(name), name: name, roles: roles), provenBy: .certificate(certificate),
            by: caller)
        return try known(certificate, exchange)
    }

    static func person(
        _ name: String, of organisation: String? = nil, role: Person.Role? = nil, _ exchange: Exchange,
        by caller: Caller
    ) async throws -> Caller {
        let certificate = try certificate(name, at: exchange.now)
        _ = try await exchange.addPerson(
            name: name, organisation: organisation.map(slug), role: role, certificate: certificate,
            by: caller)
        return try known(certificate, exchange)
    }

    private static func known(_ certificate: X509Certificate, _ exchange: Exchange) throws -> Caller {
        guard let caller = try exchange.caller(with: certificate.thumbprint) else { throw NobodyThere() }
        return caller
    }

    struct NobodyThere: Error {}
}
