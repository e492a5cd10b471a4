public import DataPlane
public import Model
public import PolicyEngine
internal import Synchronization

/// What stands between one agreement's consumer and the rows: the owner filter, its epoch, and the streams
/// that run under it. Held in memory, derived from the grants in the registry, and always live.
///
/// Filter and epoch change together under one lock, so whoever takes a view sees the rows of exactly the
/// epoch it carries. `Exchange` makes the changes; streams and reads only look.
public final class AgreementGate: Sendable {
    /// The filter of one dataset version, as of an epoch.
    public struct View: Sendable {
        public var epoch: Int64
        public var filter: OwnerFilterSnapshot
        /// Where it stands in the history of the filter; nil while none is kept.
        var place: HistoryPlace?
    }

    /// The agreement as it was made; its `epoch` is that of the start, its `fields` may have other names by
    /// now, or none.
    public let agreement: Agreement
    /// What a read is decided under: guardrail, offer, agreement.
    public let layers: [PolicyLayer]
    /// Base64url SHA-256 of the agreement's canonical policy.
    public let policyDigest: String
    /// The dataset's, if it has one.
    let timeColumn: String?
    /// Counts its reads, if a policy asks how many there were; nil otherwise.
    let readCounter: ReadCounter?
    /// Where what is released is remembered for readers who come back.
    let releaseFile: ReleaseFile
    /// The dataset's fields when the gate was made: they are in force until it has a version.
    private let described: [Field]
    /// As many as threads are likely to write answers at once.
    private let answerBorders = (0..<8).map { _ in AnswerBorder() }
    private let state: Mutex<GateState>

    init(
        _ agreement: Agreement, of dataset: Dataset, layers: [PolicyLayer], policyDigest: String,
        releaseFile: ReleaseFile
    ) {
        self.agreement = agreement
        timeColumn = dataset.timeColumn
        described = dataset.fields
        self.releaseFile = releaseFile
        self.layers = layers
        self.policyDigest = policyDigest
        readCounter = layers.contains { ReadCounts.matter(to: $0.policy) } ? ReadCounter() : nil
        state = Mutex(GateState(epoch: agreement.epoch))
        state.withLock { $0.processors = Set(agreement.processors) }
    }

    public var epoch: Int64 { state.withLock { $0.epoch } }

    // MARK: What streams see

    /// The filter of the version that readers get now; nil while the dataset has none.
    public func currentFilter(at now: Instant) -> (version: StoredVersion, view: View)? {
        state.withLock { state in
            state.expire(at: now)
            guard let filter = state.currentFilter else { return nil }
            return (filter.version, state.view(of: filter))
        }
    }

    /// The filter of a version that a stream began with; nil when the agreement is over, and while a party is
    /// suspended.
    func view(of version: Int, at now: Instant) -> View? {
        state.withLock { state in
            state.expire(at: now)
            guard agreement.isLive(at: now), state.closings.isEmpty, let filter = state.filters[version]
            else { return nil }
            return state.view(of: filter)
        }
    }

    /// Whether the agreement is in force, be it that a party is suspended.
    func isInForce(at now: Instant) -> Bool {
        agreement.isLive(at: now) && !state.withLock { $0.closings.contains(.ended) }
    }

    /// Whether a party is suspended.
    var isSuspended: Bool {
        state.withLock { state in
            state.closings.contains { if case .suspended = $0 { true } else { false } }
        }
    }

    /// Who may read for the consumer.
    var processors: Set<Slug> {
        get { state.withLock { $0.processors } }
        set { state.withLock { $0.processors = newValue } }
    }

    /// The fields of a version that the agreement has and some owner releases now.
    func releasedFields(of version: StoredVersion, at now: Instant) -> FieldSet {
        guard let view = view(of: version.number, at: now) else { return FieldSet() }
        return view.filter.releasedFields.intersection(version.fieldSet(withIDs: agreement.fieldIDs))
    }

    /// What is agreed of a version's fields.
    ///
    /// - Parameter version: nil while the dataset has none.
    func agreedFields(of version: StoredVersion?) -> AgreedFields {
        AgreedFields(agreement.fieldIDs, in: version?.fields ?? described)
    }

    /// - Returns: false if the version's filter is gone: the stream must begin with a newer one; or if
    ///   nothing flows any more: it must be decided anew.
    func register(_ ticket: StreamTicket) -> Bool {
        state.withLock { state in
            guard state.closings.isEmpty, state.filters[ticket.versionNumber] != nil else { return false }
            state.streams[ObjectIdentifier(ticket)] = ticket
            return true
        }
    }

    func unregister(_ ticket: StreamTicket) {
        state.withLock { state in
            state.streams[ObjectIdentifier(ticket)] = nil
            state.dropUnusedFilters()
        }
    }

    /// Returns once every stream that was running has passed a block border: what it writes from then on was
    /// assembled under the epoch of now, or a later one.
    func waitForBlockBorders() {
        let running = state.withLock { Array($0.streams.values) }
        for ticket in running { ticket.passBorder() }
        for border in answerBorders { border.pass() }
    }

    // MARK: Closing

    /// From now on nothing flows; what is on its way is out once `waitForBlockBorders` returns.
    func close(_ closing: GateClosing) { state.withLock { $0.close(closing) } }

    func reopen(_ closing: GateClosing) { state.withLock { $0.reopen(closing) } }

    /// Ends the streams of passes for which `isMeant` holds: when it returns none of them sends another
    /// block.
    func cutStreams(where isMeant: (Pass) -> Bool) {
        let running = state.withLock { Array($0.streams.values) }
        let meant = running.filter { $0.pass.map(isMeant) ?? false }
        for ticket in meant { ticket.cut() }
        for ticket in meant { ticket.passBorder() }
        // Whose answers pass there they ask who may, which has changed before this was called.
        for border in answerBorders { border.pass() }
    }

    // MARK: What is answered at once

    /// Whether an answer that was assembled under this epoch may leave now: nothing of the filter has changed
    /// since, nothing has ended, and the rows lie as they did (`StoredVersion.arrangement`).
    public func isOpen(under epoch: Int64, arrangedAs arrangement: String, at now: Instant) -> Bool {
        state.withLock { state in
            state.expire(at: now)
            return state.epoch == epoch && state.closings.isEmpty && agreement.isLive(at: now)
                && state.currentFilter?.version.arrangement == arrangement
        }
    }

    /// Runs `body`, which asks `isOpen` and whether the reader's pass still stands, and then writes or does
    /// not. It must not wait.
    ///
    /// - Parameter number: callers with different ones seldom wait for each other.
    public func atAnswerBorder<Result>(_ number: Int, _ body: () throws -> Result) rethrows -> Result {
        try answerBorders[Int(UInt(bitPattern: number) % UInt(answerBorders.count))].crossing(body)
    }

    // MARK: Narrowing

    /// Takes something out of every filter and raises the epoch: the first act of every narrowing.
    ///
    /// Whoever calls it must in the end `succeed`, `settle` or `hold` it.
    /// - Parameters:
    ///   - owner: whose pending widenings it voids; nil if it is not of one owner.
    ///   - isReduction: whether what is left of the owner's grant goes on: his widenings are cut then, not
    ///     voided.
    func narrow(
        _ owner: Owner?, _ restrictions: [Restriction], isReduction: Bool = false
    ) -> Narrowing {
        state.withLock { $0.narrow(owner, restrictions, isReduction: isReduction) }
    }

    /// Gives a narrowing of one owner its place among the changes: to be called inside its transaction.
    ///
    /// - Parameters:
    ///   - more: what turned out to be his only there.
    ///   - grant: the grant that it ends.
    ///   - expiry: when the grant that it amends now ends.
    /// - Returns: the epoch from which on nothing of all it took flows.
    func order(
        _ narrowing: Narrowing, _ more: [Restriction] = [], ending grant: GrantID? = nil,
        expiry: ExpiryQueue.Item? = nil
    ) -> Int64 {
        state.withLock { $0.order(narrowing, more, ending: grant, expiry: expiry) }
    }

    /// The transaction was committed: the registry says what holds, and what was held of the same owner is
    /// over.
    ///
    /// - Parameter keys: which keys' holding is over, where the narrowing is not of one owner.
    func succeed(_ narrowing: Narrowing, of keys: Set<[UInt8]> = []) {
        state.withLock { $0.succeed(narrowing, of: keys) }
    }

    /// The transaction changed nothing: the registry says what holds.
    func settle(_ narrowing: Narrowing) { state.withLock { $0.settle(narrowing) } }

    /// The transaction failed: what was taken stays out, whatever the registry says, until a later change of
    /// the same owner succeeds.
    func hold(_ narrowing: Narrowing) { state.withLock { $0.hold(narrowing) } }

    // MARK: Widening

    /// Announces a widening for `owner` and reserves the epoch it will create: to be called inside its
    /// transaction.
    func announce(_ owner: Owner) -> Widening { state.withLock { $0.announce(owner) } }

    func abandon(_ widening: Widening) { state.withLock { $0.abandon(widening) } }

    /// Puts a recorded widening into effect, in the current version only.
    ///
    /// - Parameter expiry: when the grant ends by itself, if it does.
    /// - Returns: false if something narrowed this owner in between; then nothing was widened.
    @discardableResult
    func complete(
        _ widening: Widening, _ scopes: [OwnerScope], expiry: ExpiryQueue.Item?, of grant: GrantID,
        at now: Instant
    ) throws -> Bool {
        try state.withLock { try $0.complete(widening, scopes, expiry: expiry, of: grant, at: now) }
    }

    // MARK: Versions

    /// Begins to build a filter from the registry. What is being narrowed, and is narrowed until `install`,
    /// will be missing from it, whatever the registry said when it was read. No widening may run meanwhile.
    ///
    /// - Parameter own: a narrowing that the registry will have when it is read: a link that changes takes a
    /// key from one owner and may leave him, or give another, a part of it.
    func beginRebuild(after own: Narrowing? = nil) -> Rebuild {
        state.withLock { $0.beginRebuild(after: own) }
    }

    func abandon(_ rebuild: Rebuild) { state.withLock { $0.abandon(rebuild) } }

    /// Puts a newly built filter in place, that of a newer version too. Streams of the version before run on
    /// under theirs, in which from now on owners only disappear.
    ///
    /// - Parameters:
    ///   - expiries: the grants in it that end by themselves.
    ///   - now: when the registry was asked which grants are live.
    func install(
        _ filter: VersionFilter, _ rebuild: Rebuild, expiries: [ExpiryQueue.Item], at now: Instant
    ) {
        state.withLock { $0.install(filter, rebuild, expiries: expiries, at: now) }
    }

    /// The version's segments were put together; reads that begin from now on read those.
    func move(to merged: StoredVersion) { state.withLock { $0.move(to: merged) } }

    // MARK: History

    /// Remembers from now on what changes in the filter.
    ///
    /// - Parameter random: 48 random bytes, if it did not before.
    func beginHistory(random: () -> [UInt8]) { state.withLock { $0.beginHistory(random: random) } }

    /// Goes on with what was remembered when the hub stopped. Before the first filter is built.
    func restore(_ releases: ReleaseFile.Moment) { state.withLock { $0.restore(releases) } }

    /// What is remembered, and what is released at its end; nil while nothing is.
    var releases: ReleaseFile.Moment? { state.withLock { $0.releases } }

    // MARK: Time

    /// Takes out the keys of grants that have expired by `now`.
    func expire(at now: Instant) { state.withLock { $0.expire(at: now) } }

    /// The epoch that the end of this grant created, until that is recorded.
    func epoch(ofExpired grant: GrantID) -> Int64? { state.withLock { $0.expired[grant] } }

    /// The end of this grant is recorded.
    func forgetExpired(_ grant: GrantID) { state.withLock { $0.expired[grant] = nil } }
}

extension GateState {
    fileprivate func view(of filter: VersionFilter) -> AgreementGate.View {
        AgreementGate.View(
            epoch: epoch, filter: filter.bits.snapshot(), place: history.map(HistoryPlace.init))
    }
}
