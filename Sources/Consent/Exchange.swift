public import AuditLog
public import Cryptography
public import DataPlane
public import Model
public import PolicyEngine
public import Registry
internal import Synchronization

/// The exchange between providers, consumers and owners: every change of who may read what goes through here,
/// in the order that DESIGN section 5 lays down.
///
/// *Widening* is recorded first: state and entry are committed, the entry is in the log under a checkpoint,
/// then it takes effect. *Narrowing* takes effect first and is recorded afterwards, and does not need the
/// log.
public final class Exchange: Sendable {
    /// What the hub is built from.
    public struct Parts: Sendable {
        public var host: String
        public var registry: Registry
        public var log: AuditLog
        public var outbox: Outbox
        /// The search index over the log, and what keeps it up.
        public var index: any SearchIndex
        public var indexer: Indexer
        public var clock: MonotoneClock
        public var datasets: DatasetStore
        public var sealer: EntrySealer
        /// The hub's own rules, above every offer and agreement, and the purposes it knows.
        public var policies: PolicyLibrary
        /// Sign agreements and tokens.
        public var keys: KeyRing
        public var keyStore: any SigningKeyStore
        /// How much room projections of datasets may take.
        public var projectionBytes: Int
        /// Where connected datasets may be.
        public var upstreams: Set<Upstream.Permission>

        public init(
            host: String, registry: Registry, log: AuditLog, outbox: Outbox, index: any SearchIndex,
            indexer: Indexer, clock: MonotoneClock,
            datasets: DatasetStore, sealer: EntrySealer, policies: PolicyLibrary, keys: KeyRing,
            keyStore: any SigningKeyStore, projectionBytes: Int, upstreams: Set<Upstream.Permission> = []
        ) {
            self.host = host
            self.registry = registry
            self.log = log
            self.outbox = outbox
            self.index = index
            self.indexer = indexer
            self.clock = clock
            self.datasets = datasets
            self.sealer = sealer
            self.policies = policies
            self.keys = keys
            self.keyStore = keyStore
            self.projectionBytes = projectionBytes
            self.upstreams = upstreams
        }
    }

    public let parts: Parts
    public let gates = GateBook()
    public let participants = ParticipantBook()
    private let turnstiles = Mutex<[Slug: Turnstile]>([:])
    let versions: VersionBook
    /// Of what readers get now, in the fields that are read again and again.
    let projections: ProjectionCache
    /// Owner keys whose owner was erased, and when: streams that were running then still write side files.
    let forgotten = Mutex<[Slug: [Holding: [Forgotten]]]>([:])
    /// Uploads that can be gone on with.
    let uploads = Mutex<[UploadID: PendingUpload]>([:])
    /// Side files that are on their way into the log.
    public let sideFiles = SideFileTraffic()
    /// Grants of one owner under one agreement go one at a time: they take effect in the order in which they
    /// were recorded.
    let grantLocks = KeyedLock<GrantKey>()
    /// Changes of one organisation go one at a time: memory and registry see them in the same order.
    let participantLocks = KeyedLock<Slug>()
    /// Changes of the hub's key go one at a time.
    let keyLock = KeyedLock<Int>()
    /// Changes of one agreement's processors go one at a time.
    let processorLocks = KeyedLock<AgreementID>()

    public init(_ parts: Parts) {
        self.parts = parts
        projections = ProjectionCache(
            budgetBytes: parts.projectionBytes, hasRoom: { parts.log.hasRoom(forBytes: $0) },
            allowed: { [gates] in gates.readableFields(of: $0, at: parts.clock.now()) })
        versions = VersionBook(projections)
    }

    var registry: Registry { parts.registry }

    public var now: Instant { parts.clock.now() }

    func newID<Subject>(_ type: Identifier<Subject>.Type = Identifier<Subject>.self, at now: Instant)
        -> Identifier<Subject>
    {
        let random = SecureRandom.bytes(10)
        let words = random.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Identifier(at: now, random: (UInt16(random[8]) << 8 | UInt16(random[9]), words))
    }

    func turnstile(of dataset: Slug) -> Turnstile {
        turnstiles.withLock { turnstiles in
            if let known = turnstiles[dataset] { return known }
            let new = Turnstile()
            turnstiles[dataset] = new
            return new
        }
    }
}

/// Whose grant under which agreement.
struct GrantKey: Hashable, Sendable {
    let agreement: AgreementID
    let owner: Owner
}

extension Exchange {
    /// Appends an event that changes no state, such as a read or a token, and waits until it is in the log.
    ///
    /// - Returns: the index of its entry.
    public func append(_ event: AuditEvent) async throws(RetryableFault) -> UInt64 {
        let sealed = parts.sealer.seal(event, at: now, number: nil)
        return try await parts.log.append(sealed.bytes)
    }

    /// The same for what has happened already, such as the end of a stream: a log that is busy, or a disk
    /// that is nearly full, is no reason not to tell.
    public func appendOutcome(_ event: AuditEvent) async throws(RetryableFault) -> UInt64 {
        let sealed = parts.sealer.seal(event, at: now, number: nil)
        return try await parts.log.append(sealed.bytes, isRefusable: false)
    }

    /// Throws what keeps the hub from deciding anything new: the log, the disk or the registry.
    public func requireReady() throws {
        try parts.log.requireWritable()
        _ = try registry.read { try $0.newestNumber() }
    }

    /// An agreement, ended or not.
    public func agreement(_ id: AgreementID) throws -> Agreement? {
        try registry.read { try $0.agreement(id) }
    }
}
