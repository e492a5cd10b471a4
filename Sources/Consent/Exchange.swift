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
        public var clock: MonotoneClock
        public var datasets: DatasetStore
        public var sealer: EntrySealer
        /// The hub's own rules, above every offer and agreement, and the purposes it knows.
        public var policies: PolicyLibrary
        /// Signs agreements.
        public var key: PrivateKey
        public var keyID: String

        public init(
            host: String, registry: Registry, log: AuditLog, outbox: Outbox, clock: MonotoneClock,
            datasets: DatasetStore, sealer: EntrySealer, policies: PolicyLibrary, key: PrivateKey,
            keyID: String
        ) {
            self.host = host
            self.registry = registry
            self.log = log
            self.outbox = outbox
            self.clock = clock
            self.datasets = datasets
            self.sealer = sealer
            self.policies = policies
            self.key = key
            self.keyID = keyID
        }
    }

    /// A change that was recorded. `entry` is the index of its entry; nil only for a narrowing that is in
    /// effect and committed while the log cannot be written.
    public struct Recorded<Value: Sendable>: Sendable {
        public var value: Value
        public var entry: UInt64?
    }

    public let parts: Parts
    public let gates = GateBook()
    private let turnstiles = Mutex<[Slug: Turnstile]>([:])
    let versions = VersionBook()

    public init(_ parts: Parts) { self.parts = parts }

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

    /// Commits a change that widens, and waits until its last entry is in the log.
    ///
    /// - Parameter body: returns its value and the number of the last event it recorded, nil if it changed
    ///   nothing.
    /// - Throws: `RetryableFault` while the log or the registry cannot be written; `ClientFault` from `body`.
    func widen<Value: Sendable>(
        _ body: (RegistryWriter, Instant) throws -> (Value, Int64?)
    ) async throws -> Recorded<Value> {
        try parts.log.requireWritable()
        let now = self.now
        let (value, number) = try registry.write(at: now) { try body($0, now) }
        guard let number else { return Recorded(value: value, entry: nil) }
        return Recorded(value: value, entry: try await parts.outbox.index(of: number))
    }

    /// Commits a change that narrows, and waits for its entry as long as the log can be written.
    func narrow<Value: Sendable>(
        _ body: (RegistryWriter, Instant) throws -> (Value, Int64?)
    ) async throws -> Recorded<Value> {
        let now = self.now
        let (value, number) = try registry.write(at: now) { try body($0, now) }
        guard let number else { return Recorded(value: value, entry: nil) }
        let entry: UInt64?
        do {
            entry = try await parts.outbox.index(of: number)
        } catch {
            // In effect and committed: the entry goes first when the log is back.
            entry = nil
        }
        return Recorded(value: value, entry: entry)
    }
}

extension Exchange {
    /// Appends an event that changes no state, such as a read or a token, and waits until it is in the log.
    ///
    /// - Returns: the index of its entry.
    public func append(_ event: AuditEvent) async throws(RetryableFault) -> UInt64 {
        let sealed = parts.sealer.seal(event, at: now, number: nil)
        return try await parts.log.append(sealed.bytes)
    }

    /// An agreement, ended or not.
    public func agreement(_ id: AgreementID) throws -> Agreement? {
        try registry.read { try $0.agreement(id) }
    }
}
