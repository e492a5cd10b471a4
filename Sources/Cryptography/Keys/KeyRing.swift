public import Model
import Synchronization

/// The keys of the hub: the one that signs now, and those before it while what they signed is still good.
public final class KeyRing: Sendable {
    /// A key that signs no more.
    public struct Former: Sendable {
        public var id: String
        public var key: PublicKey
        /// From then on it signed nothing.
        public var retiredAt: Instant

        public init(id: String, key: PublicKey, retiredAt: Instant) {
            self.id = id
            self.key = key
            self.retiredAt = retiredAt
        }
    }

    /// The ring between two changes.
    public struct Keys: Sendable {
        public fileprivate(set) var current: PrivateKey
        /// `kid`: the RFC 7638 thumbprint.
        public fileprivate(set) var currentID: String
        fileprivate(set) var former: [Former]
        /// While the key of now is being revoked: nothing is signed with it, and nothing that it signed is
        /// good.
        public fileprivate(set) var isRevoked = false
        /// Raised by every change.
        public fileprivate(set) var generation = 0

        /// All that verify what was signed at most `seconds` before `now`, by `kid`.
        public func publicKeys(at now: Instant, overlapSeconds seconds: Int64) -> [String: PublicKey] {
            var keys = isRevoked ? [:] : [currentID: current.publicKey]
            for key in former where now < key.retiredAt.adding(seconds: seconds) { keys[key.id] = key.key }
            return keys
        }

        /// When the next former key is no longer among those; nil if all have gone.
        public func nextEnd(after now: Instant, overlapSeconds seconds: Int64) -> Instant? {
            former.map { $0.retiredAt.adding(seconds: seconds) }.filter { $0 > now }.min()
        }
    }

    private let ring: Mutex<Keys>

    public init(_ current: PrivateKey, former: [Former] = []) {
        ring = Mutex(Self.keys(current, former))
    }

    private static func keys(_ current: PrivateKey, _ former: [Former]) -> Keys {
        Keys(current: current, currentID: current.publicKey.jwkThumbprint, former: former)
    }

    public var keys: Keys { ring.withLock { $0 } }

    /// Raised by every change.
    public var generation: Int { ring.withLock { $0.generation } }

    /// The key to sign with.
    /// - Throws: `RetryableFault` while there is none.
    public func signing() throws(RetryableFault) -> Keys {
        let keys = keys
        guard !keys.isRevoked else {
            throw RetryableFault(
                "key_revoked", "the hub has no key to sign with",
                cause: "the key was revoked, and the new one is not in its place: rotate again")
        }
        return keys
    }

    /// Whether what a key signed is still good, as far as the key goes.
    public func has(_ id: String) -> Bool {
        ring.withLock { ring in
            ring.currentID == id && !ring.isRevoked || ring.former.contains { $0.id == id }
        }
    }

    // MARK: Changes

    /// From now on nothing that was signed so far is good, and nothing is signed until there is another key.
    public func revokeAll() {
        ring.withLock { ring in
            ring.isRevoked = true
            ring.former = []
            ring.generation += 1
        }
    }

    /// Signs with another key from now on. What the key of before signed stays good until its time, unless
    /// that was revoked.
    public func rotate(to new: PrivateKey, at now: Instant) {
        ring.withLock { ring in
            var former = ring.former
            if !ring.isRevoked {
                former.append(Former(id: ring.currentID, key: ring.current.publicKey, retiredAt: now))
            }
            let generation = ring.generation
            ring = Self.keys(new, former)
            ring.generation = generation + 1
        }
    }

    /// Takes other keys, as the registry and the disk have them.
    public func load(_ current: PrivateKey, former: [Former]) {
        ring.withLock { ring in
            let generation = ring.generation
            ring = Self.keys(current, former)
            ring.generation = generation + 1
        }
    }
}
