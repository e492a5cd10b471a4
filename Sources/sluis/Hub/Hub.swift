import AuditLog
import Consent
import Cryptography
import DataPlane
import Foundation
import Gateway
import Logging
import MerkleLog
import Model
import Policies
import PolicyEngine
import Registry
import ServiceLifecycle
import Tokens
import UnixSignals

/// A hub, put together from its parts in a data directory.
final class Hub: Sendable {
    /// Held by at least twice the tokens that can be live at once in a small hub.
    private static let cachedTokens = 65_536

    let directory: DataDirectory
    let configuration: Configuration
    private let lock: DirectoryLock
    private let registry: Registry
    private let log: AuditLog
    private let outbox: Outbox
    private let index: SQLiteSearchIndex
    private let indexer: Indexer
    private let witnessing: Witnessing
    private let exchange: Exchange
    /// Before it nothing that a client signed counts: what was used then is forgotten.
    private let startedAt: Instant
    private let logger: Logger

    /// Opens everything, brings outbox and log together, and rebuilds the owner filters: all before a
    /// listener opens.
    init(_ directory: DataDirectory, _ configuration: Configuration) async throws {
        try directory.requireInitialised()
        self.directory = directory
        self.configuration = configuration
        lock = try DirectoryLock(directory)
        try directory.requireSettled()
        logger = Self.logger(configuration)
        registry = try Registry(path: directory.database, sealer: .system, mustExist: true)
        let signer = try Self.signer(configuration.host, directory)
        log = try Self.log(directory, configuration, signer, registry, logger)
        await Self.finishPruning(log, logger)
        witnessing = try Witnessing(directory, configuration, log: log, logger: logger)
        try await witnessing.checkHistory()
        index = try SQLiteSearchIndex(path: directory.index)
        indexer = Indexer(log: log, index: index) { [logger] notice in
            logger.warning("the search index", metadata: ["notice": "\(notice)"])
        }
        outbox = Outbox(log: log, store: registry)
        let parts = Exchange.Parts(
            host: configuration.host, registry: registry, log: log, outbox: outbox, index: index,
            indexer: indexer, clock: MonotoneClock(notBefore: log.newestTimeAtOpening) { .system },
            datasets: DatasetStore(directory: directory.datasets), sealer: .system,
            policies: try PolicyLibrary(
                purposes: ShippedPolicies.purposes, guardrails: ShippedPolicies.guardrails,
                byAgreement: ShippedPolicies.byAgreement),
            // Those of the registry follow, once that knows all that the log tells.
            keys: KeyRing(try PrivateKey(pem: PrivateFiles.read(directory.key(.hub)))),
            keyStore: HubKeyStore(directory: directory), projectionBytes: configuration.projectionBytes,
            upstreams: Set(configuration.upstreamOrigins))
        exchange = Exchange(parts)
        // Assertions say whole seconds.
        startedAt = Instant(milliseconds: exchange.now.milliseconds / 1000 * 1000)
        try reconcile()
        try exchange.loadKeys()
        _ = try await outbox.replay()
        try await removeWhatACrashLeft()
        registry.onCommit { [outbox] rows in outbox.deliver(rows) }
        if let failure = try await exchange.start() {
            logger.critical(
                "reads could not be counted in the log; what may be read so often only is not read",
                metadata: ["error": "\(failure)"])
        }
    }

    private static func log(
        _ directory: DataDirectory, _ configuration: Configuration, _ signer: NoteSigner,
        _ registry: Registry, _ logger: Logger
    ) throws -> AuditLog {
        try AuditLog(
            dataDirectory: directory.path, signer: signer,
            furtherSigners: configuration.furtherSigners(of: signer.name),
            remembered: registry.rememberedHead(of: signer.name),
            reservedDiskBytes: configuration.diskReserveBytes
        ) { error in
            logger.critical(
                "the audit log has stopped; no data flow until the disk is well and the hub is started again",
                metadata: ["cause": "\(error)"])
        }
    }

    private func reconcile() throws {
        guard let reconciliation = try exchange.reconcile() else { return }
        logger.critical(
            "hub.db is older than the log; what widened since it was copied has to be done again",
            metadata: [
                "entries": "\(reconciliation.entries)", "persons_erased": "\(reconciliation.persons)",
                "grants_ended": "\(reconciliation.grants)",
            ])
    }

    private static func logger(_ configuration: Configuration) -> Logger {
        var logger = Logger(label: "sluis") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: configuration.logLevel) ?? .warning
        return logger
    }

    /// A crash between a side file and its entry leaves a file that no entry names: nobody could be erased in
    /// it. `run.json` is there after a run that was not ended in order.
    private func removeWhatACrashLeft() async throws {
        guard FileManager.default.fileExists(atPath: directory.run) else { return }
        let removed = try await log.removeUnclaimedSideFiles()
        if removed > 0 {
            logger.notice(
                "side files without an entry were removed, as a crash leaves them",
                metadata: ["count": "\(removed)"])
        }
    }

    /// What was pruned is gone for every reader; its files take room only.
    private static func finishPruning(_ log: AuditLog, _ logger: Logger) async {
        do { try await log.finishPruning() } catch {
            logger.error("what was pruned could not all be removed", metadata: ["cause": "\(error)"])
        }
    }

    /// A log that goes on under another name or key is another log, which nobody who knows the first could
    /// verify.
    private static func signer(_ host: String, _ directory: DataDirectory) throws -> NoteSigner {
        let key = try PrivateKey(pem: PrivateFiles.read(directory.key(.log)))
        let known = try HubLog(directory: directory.path).key()
        let name = LogName(String(known.name))
        let signer = try NoteSigner(name: LogName(host: host, number: name?.number ?? 1).text, key: key)
        guard try known.vkey == NoteVerifier(vkey: signer.vkey).vkey else {
            throw ClientFault(
                .badInput, "log_key_differs", "the log of this directory has another name or key",
                field: "host", found: signer.vkey, expected: "the key in `\(directory.logVerifierKey)`",
                remedy: "put the host that `sluis init` was given back into `\(directory.configuration)`")
        }
        return signer
    }

    /// Serves until SIGTERM or SIGINT, then finishes running answers and closes.
    ///
    /// - Parameter onReady: called with the origins once both listeners accept.
    func serve(onReady: @escaping @Sendable (_ people: String, _ machines: String) async throws -> Void)
        async throws
    {
        let upstreams = try configuration.upstreamClient()
        let result = await Result { try await serve(reading: upstreams, onReady: onReady) }
        await upstreams?.close()
        close()
        try result.get()
    }

    private func serve(
        reading upstreams: UpstreamClient?,
        onReady: @escaping @Sendable (_ people: String, _ machines: String) async throws -> Void
    ) async throws {
        let listeners = try Listeners(hub: self, upstreams: upstreams, onReady: onReady)
        var group = ServiceGroupConfiguration(
            services: [
                .init(service: listeners, successTerminationBehavior: .gracefullyShutdownGroup),
                .init(service: Sweep(exchange: exchange, outbox: outbox, logger: logger)),
                .init(service: witnessing),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(configuration.drainSeconds)
        try await ServiceGroup(configuration: group).run()
    }

    /// Everything that was answered is durable already; this leaves the directory tidy.
    func close() {
        log.close()
        indexer.close()
        for (part, close) in [("index", index.close), ("outbox", outbox.close), ("registry", registry.close)]
        {
            do { try close() } catch {
                logger.warning(
                    "closing left work for the next start",
                    metadata: ["part": "\(part)", "error": "\(error)"])
            }
        }
        lock.release()
    }

    /// The listeners as a service.
    private struct Listeners: Service {
        let server: GatewayServer
        let hub: Hub
        let upstreams: UpstreamClient?
        let onReady: @Sendable (String, String) async throws -> Void

        init(
            hub: Hub, upstreams: UpstreamClient?,
            onReady: @escaping @Sendable (String, String) async throws -> Void
        ) throws {
            let directory = hub.directory
            let chain = try X509Certificate.chain(pem: PrivateFiles.read(directory.serverCertificate))
            let configuration = GatewayServer.Configuration(
                people: hub.configuration.people, machines: hub.configuration.machines,
                certificate: chain[0], intermediates: Array(chain.dropFirst()),
                key: try PrivateKey(pem: PrivateFiles.read(directory.key(.server))),
                authorities: try hub.clientAuthorities(),
                patienceSeconds: hub.configuration.patienceSeconds)
            server = GatewayServer(configuration, logger: hub.logger)
            self.hub = hub
            self.upstreams = upstreams
            self.onReady = onReady
        }

        func run() async throws {
            let (hub, upstreams, onReady) = (hub, upstreams, onReady)
            try await server.run(
                isRegistered: { (try? hub.exchange.caller(with: $0)) != nil },
                now: { hub.exchange.now },
                onListening: { ports in
                    try hub.gateway(
                        reading: upstreams, people: hub.origin(hub.configuration.people, port: ports.people),
                        machines: hub.origin(hub.configuration.machines, port: ports.machines))
                },
                onReady: { gateway in try await onReady(gateway.people, gateway.machines) })
        }
    }

    /// A wildcard address is reached by the hub's name.
    private func origin(_ address: Configuration.Address, port: Int) -> String {
        let host = ["0.0.0.0", "::", ""].contains(address.host) ? configuration.host : address.host
        return "https://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    private func gateway(
        reading upstreams: UpstreamClient?, people: String, machines: String
    ) throws -> Gateway {
        let nonces = NonceSource(key: SecureRandom.bytes(32))
        return Gateway(
            Gateway.Parts(
                exchange: exchange,
                tokens: TokenAuthority(
                    issuer: people, audience: machines, ring: exchange.parts.keys,
                    cache: VerifiedTokenCache(capacity: Self.cachedTokens, key: SecureRandom.bytes(16))),
                assertions: AssertionVerifier(
                    issuer: people, notMadeBefore: startedAt, replays: AssertionReplays()),
                nonces: nonces, proofs: ProofVerifier(nonces: nonces, replays: ReplayGuard()),
                authorities: try clientAuthorities(), people: people, machines: machines,
                witness: witnessing.keeper, upstreams: upstreams, limits: configuration.limits,
                makesDigests: configuration.makesDigests,
                logger: logger))
    }

    /// Whose client certificates are accepted besides registered ones.
    private func clientAuthorities() throws -> [X509Certificate] {
        let path = configuration.clientAuthority ?? directory.authority
        return try X509Certificate.chain(pem: String(contentsOfFile: path, encoding: .utf8))
    }
}

/// Records what time has ended. The filters themselves never wait for this: they compare the clock.
private struct Sweep: Service {
    private static let ticksAnHour = 7200
    private static let ticksBetweenHeads = 10

    let exchange: Exchange
    let outbox: Outbox
    let logger: Logger

    func run() async throws {
        var ticks = 0
        for await _ in AsyncStream<Void>.ticks(everyMilliseconds: 500).cancelOnGracefulShutdown() {
            do {
                if ticks % Self.ticksAnHour == 0 {
                    try exchange.forgetStaleEvidence()
                    try await exchange.endStaleRegistrations()
                }
                if ticks % Self.ticksBetweenHeads == 0 {
                    try outbox.rememberHead()
                    await exchange.removeReplacedVersions()
                    await exchange.endIdleUploads()
                    exchange.renewKeys()
                }
                ticks += 1
                while try await exchange.recordExpiries() == 1000 {}
            } catch {
                logger.error("expiries could not be recorded", metadata: ["error": "\(error)"])
            }
        }
    }
}

extension AsyncStream<Void> {
    /// One element each time the interval has passed, until nobody listens.
    static func ticks(everyMilliseconds interval: Int) -> AsyncStream<Void> {
        AsyncStream {
            do { try await Task.sleep(for: .milliseconds(interval)) } catch { return nil }
        }
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
