public import DataPlane
public import Model
public import PolicyEngine
internal import Synchronization

/// What stands between one agreement's consumer and the rows: the owner filter, its epoch, and the streams
/// that run under it. Held in memory, derived from the grants in the registry, and always live.
///
/// Filter and epoch change together under one lock, so whoever takes a view sees the rows of exactly the
/// epoch it carries. Changes come from `GrantBook` and its like; streams and reads only look.
public final class AgreementGate: Sendable {
    /// The filter of one dataset version, as of an epoch.
    public struct View: Sendable {
        public var epoch: Int64
        public var filter: OwnerFilterSnapshot
    }

    /// A widening that was recorded but is not yet in effect. Whatever narrows the same owner first voids it.
    struct Widening: Hashable {
        /// The epoch it creates.
        var epoch: Int64
    }

    fileprivate struct State {
        var epoch: Int64
        /// The highest epoch given to a change, in effect or not.
        var lastEpoch: Int64
        var filters: [Int: VersionFilter] = [:]
        var currentVersion: Int?
        var isEnded = false
        /// By the epoch each will create.
        var pendingWidenings: [Int64: Owner] = [:]
        var expiries = ExpiryQueue()
        var streams: [ObjectIdentifier: StreamTicket] = [:]
        /// Keys that were narrowed while a filter is being built from the registry, by that building.
        var rebuilds: [Int64: Set<String>] = [:]
    }

    /// The agreement as it was made; its `epoch` is that of the start.
    public let agreement: Agreement
    /// What a read is decided under: guardrail, offer, agreement.
    public let layers: [PolicyLayer]
    /// Base64url SHA-256 of the agreement's canonical policy.
    public let policyDigest: String
    private let state: Mutex<State>

    init(_ agreement: Agreement, layers: [PolicyLayer], policyDigest: String) {
        self.agreement = agreement
        self.layers = layers
        self.policyDigest = policyDigest
        state = Mutex(State(epoch: agreement.epoch, lastEpoch: agreement.epoch))
    }

    public var epoch: Int64 { state.withLock { $0.epoch } }

    // MARK: What streams see

    /// The filter of the version that readers get now; nil while the dataset has none.
    public func currentFilter(at now: Instant) -> (version: StoredVersion, view: View)? {
        state.withLock { state in
            state.expire(at: now)
            guard !state.isEnded, let number = state.currentVersion, let filter = state.filters[number] else {
                return nil
            }
            return (filter.version, View(epoch: state.epoch, filter: filter.bits.snapshot()))
        }
    }

    /// The filter of a version that a stream began with; nil when the agreement is over.
    func view(of version: Int, at now: Instant) -> View? {
        state.withLock { state in
            state.expire(at: now)
            guard !state.isEnded, agreement.isLive(at: now), let filter = state.filters[version] else {
                return nil
            }
            return View(epoch: state.epoch, filter: filter.bits.snapshot())
        }
    }

    func register(_ ticket: StreamTicket) {
        state.withLock { $0.streams[ObjectIdentifier(ticket)] = ticket }
    }

    func unregister(_ ticket: StreamTicket) {
        state.withLock { state in
            state.streams[ObjectIdentifier(ticket)] = nil
            let inUse = Set(state.streams.values.map(\.versionNumber))
            state.filters = state.filters.filter { $0.key == state.currentVersion || inUse.contains($0.key) }
        }
    }

    /// Returns once every stream that was running has passed a block border: what it writes from then on was
    /// assembled under the epoch of now, or a later one.
    func waitForBlockBorders() {
        let running = state.withLock { Array($0.streams.values) }
        for ticket in running { ticket.passBorder() }
    }

    // MARK: Versions

    /// Begins to build a filter from the registry. What is narrowed from now until `install` will be missing
    /// from it, whatever the registry said when it was read. No widening may run meanwhile.
    func beginRebuild() -> Widening {
        state.withLock { state in
            state.lastEpoch += 1
            state.rebuilds[state.lastEpoch] = []
            return Widening(epoch: state.lastEpoch)
        }
    }

    func abandonRebuild(_ rebuild: Widening) { state.withLock { $0.rebuilds[rebuild.epoch] = nil } }

    /// Puts a newly built filter in place, that of a newer version too. Streams of the version before run on
    /// under theirs, in which from now on owners only disappear.
    ///
    /// - Parameter expiries: the grants in it that end by themselves.
    func install(_ filter: VersionFilter, _ rebuild: Widening, expiries: [ExpiryQueue.Item]) {
        state.withLock { state in
            filter.clear(Array(state.rebuilds.removeValue(forKey: rebuild.epoch) ?? []))
            let inUse = Set(state.streams.values.map(\.versionNumber))
            state.filters = state.filters.filter { inUse.contains($0.key) }
            state.filters[filter.version.number] = filter
            state.currentVersion = filter.version.number
            state.expiries = ExpiryQueue(expiries)
            if state.epoch < rebuild.epoch { state.epoch = rebuild.epoch } else { state.raiseEpoch() }
        }
    }

    // MARK: Changes

    /// Takes these keys out of every filter and raises the epoch: the first act of every narrowing.
    ///
    /// - Returns: the epoch from which on no row of these keys flows.
    func narrow(_ owner: Owner?, keys: [String]) -> Int64 {
        state.withLock { state in
            state.pendingWidenings = state.pendingWidenings.filter { owner == nil || $0.value != owner }
            state.clear(keys)
            return state.raiseEpoch()
        }
    }

    /// Announces a widening for `owner` and reserves the epoch it will create.
    func announceWidening(of owner: Owner) -> Widening {
        state.withLock { state in
            state.lastEpoch += 1
            state.pendingWidenings[state.lastEpoch] = owner
            return Widening(epoch: state.lastEpoch)
        }
    }

    func abandon(_ widening: Widening) {
        state.withLock { $0.pendingWidenings[widening.epoch] = nil }
    }

    /// Puts a recorded widening into effect, in the current version only.
    ///
    /// - Parameter clearing: keys of the same owner that it does not cover.
    /// - Returns: false if something narrowed this owner in between; then nothing was widened.
    @discardableResult
    func complete(_ widening: Widening, _ scopes: [OwnerScope], clearing: [String] = []) throws -> Bool {
        try state.withLock { state in
            guard state.pendingWidenings.removeValue(forKey: widening.epoch) != nil, !state.isEnded else {
                return false
            }
            state.clear(clearing)
            if let number = state.currentVersion, let filter = state.filters[number] {
                try filter.set(scopes)
            }
            // Streams look again when the epoch rises. If a later change has already passed the reserved
            // epoch, this one takes effect in a new one.
            if state.epoch < widening.epoch { state.epoch = widening.epoch } else { state.raiseEpoch() }
            return true
        }
    }

    // MARK: Time

    /// Remembers that a grant ends by itself, in place of what was remembered of it before.
    func expect(_ expiry: ExpiryQueue.Item) {
        state.withLock { $0.expiries.insert(expiry) }
    }

    func forgetExpiry(of grant: GrantID) {
        state.withLock { $0.expiries.remove(grant) }
    }

    /// Takes out the keys of grants that have expired by `now`.
    ///
    /// - Returns: the epoch from which on their rows do not flow.
    func expire(at now: Instant) -> Int64 {
        state.withLock { state in
            state.expire(at: now)
            return state.epoch
        }
    }
}

extension AgreementGate.State {
    @discardableResult
    fileprivate mutating func raiseEpoch() -> Int64 {
        lastEpoch += 1
        epoch = lastEpoch
        return epoch
    }

    fileprivate mutating func expire(at now: Instant) {
        let due = expiries.removeDue(at: now)
        guard !due.isEmpty else { return }
        clear(due.flatMap(\.keys))
        raiseEpoch()
    }

    fileprivate mutating func clear(_ keys: [String]) {
        for filter in filters.values { filter.clear(keys) }
        for rebuild in rebuilds.keys { rebuilds[rebuild]?.formUnion(keys) }
    }
}
