import Model

/// What is known of one owner's grant under one agreement.
///
/// Moments are those of the machine's clock, which hub and owners share; a change is known to hold from when
/// its answer came.
struct StormAccount: Sendable {
    /// From an epoch on these terms hold; nil for nothing.
    struct Fact: Sendable {
        var epoch: Int64
        var entry: Int64
        var terms: StormTerms?
    }

    enum Standing: Sendable {
        case gives(StormTerms)
        case nothing
        /// It changed, or may have.
        case uncertain
    }

    /// How near to the end of a grant nobody can say whether it is live.
    private static let leewayMilliseconds: Int64 = 100

    /// A call is under way: there is one at a time.
    var isBusy = false
    /// Those that may matter to streams that are not checked yet, by when they began.
    private(set) var changes: [StormChange] = []
    /// By epoch: the answers, and the ends that the log tells of.
    private(set) var facts: [Fact] = []
    /// The last one that was answered with a yes.
    private(set) var last: StormChange?
    /// The newest grant of which the log tells that its time ran out.
    private var expired: String?

    mutating func note(_ change: StormChange) {
        changes.append(change)
        guard let answer = change.answer else { return }
        last = change
        note(Fact(epoch: answer.epoch, entry: answer.entry, terms: answer.terms))
    }

    /// - Parameter entry: of the end of a grant whose time ran out.
    mutating func noteExpiry(of grant: String, epoch: Int64, entry: Int64) {
        expired = grant
        note(Fact(epoch: epoch, entry: entry, terms: nil))
    }

    private mutating func note(_ fact: Fact) {
        facts.append(fact)
        facts.sort { ($0.epoch, $0.entry) < ($1.epoch, $1.entry) }
    }

    /// What he grants for all of a time.
    func standing(from began: Instant, to ended: Instant) -> Standing {
        var last: StormChange.Answer?
        for change in changes {
            if change.began > ended { break }
            guard change.ended < began else { return .uncertain }
            last = change.answer ?? last
        }
        guard let terms = last?.terms else { return .nothing }
        guard let until = terms.until?.milliseconds else { return .gives(terms) }
        if until + Self.leewayMilliseconds < began.milliseconds { return .nothing }
        return until - Self.leewayMilliseconds > ended.milliseconds ? .gives(terms) : .uncertain
    }

    /// The most that may flow under an epoch.
    func terms(atEpoch epoch: Int64) -> StormTerms? {
        facts.last { $0.epoch <= epoch }?.terms
    }

    /// Whether what he granted flows now as far as he knows.
    func isLive(at now: Instant) -> Bool {
        guard let terms = last?.answer?.terms else { return false }
        return terms.until.map { now < $0 } ?? true
    }

    /// Whether the log has yet to tell that his grant's time has run out.
    func lacksExpiry(at now: Instant) -> Bool {
        guard let answer = last?.answer, answer.terms != nil, !isLive(at: now) else { return false }
        return expired != answer.grant
    }

    /// Forgets what streams that begin from now on cannot meet.
    mutating func forget() {
        facts = Array(facts.suffix(1))
        changes = Array(changes.filter { $0.answer != nil }.suffix(1))
    }
}
