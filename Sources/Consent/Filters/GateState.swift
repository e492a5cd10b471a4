internal import DataPlane
internal import Model

/// What a gate keeps under its lock: pure changes of filters, epochs, and what is under way.
///
/// Three kinds of change meet here, and the registry's single writer gives them their order. A *narrowing*
/// acts before its transaction; until that is over every filter that is built meanwhile leaves out what it
/// took. A *widening* is announced inside its transaction and acts after its entry is in the log; a narrowing
/// of the same owner whose transaction comes later voids it, whichever acts first. A *rebuild* reads the
/// registry at some moment; what was narrowed around that moment is taken out of what it read.
struct GateState {
    /// A narrowing whose transaction is not over.
    struct UnderWay {
        /// Nil for one that is not of one owner, as when keys change hands.
        var owner: Owner?
        var restrictions: [Restriction]
        /// The grant it ends.
        var ended: GrantID?
        /// Whether what is left of the owner's grant goes on: then widenings of his are cut, not voided.
        var isReduction = false
        var stage = Stage.acting

        enum Stage {
            /// In effect; its transaction has yet to come.
            case acting
            /// Its transaction has run: widenings that are announced from now on come after it.
            case ordered
            /// Its transaction failed. It stays in force until the owner's next change.
            case held
        }
    }

    /// A widening that was recorded and is not in effect, and what was taken from it since.
    private struct Announced {
        var owner: Owner
        /// Narrowings of his that have their place before this: over when it completes.
        var after: [Int64] = []
        var restrictions: [Restriction] = []
        /// Whether its end was replaced.
        var isReduced = false
    }

    /// What changed while a filter is being built.
    private struct Meanwhile {
        var restrictions: [Restriction] = []
        var ended: Set<GrantID> = []
        var expiries: [ExpiryQueue.Item] = []
    }

    private(set) var epoch: Int64
    /// The highest epoch given to a change, in effect or not.
    private(set) var lastEpoch: Int64
    private(set) var filters: [Int: VersionFilter] = [:]
    private(set) var currentVersion: Int?
    /// How the filter of the current version came to be; nil while no reader counts on it.
    private(set) var history: ReleaseHistory?
    /// What was released when the hub stopped, until the first filter is built.
    private var remembered: OwnerFilterSnapshot?
    var streams: [ObjectIdentifier: StreamTicket] = [:]
    /// While there is one nothing flows; the filters are kept up all the same.
    private(set) var closings: Set<GateClosing> = []
    /// Who may read for the consumer.
    var processors: Set<Slug> = []
    private var widenings: [Int64: Announced] = [:]
    /// The epoch that the end of a grant created, until it is recorded.
    var expired: [GrantID: Int64] = [:]
    private var narrowings: [Int64: UnderWay] = [:]
    private var rebuilds: [Int64: Meanwhile] = [:]
    private var expiries = ExpiryQueue()

    init(epoch: Int64) {
        self.epoch = epoch
        lastEpoch = epoch
    }

    @discardableResult
    private mutating func raiseEpoch() -> Int64 {
        epoch = reserveEpoch()
        return epoch
    }

    private mutating func reserveEpoch() -> Int64 {
        lastEpoch += 1
        return lastEpoch
    }

    /// Streams look again when the epoch rises. If a later change has passed the reserved epoch, this one
    /// takes effect in a new one.
    private mutating func take(_ reserved: Int64) {
        if epoch < reserved { epoch = reserved } else { raiseEpoch() }
    }

    private mutating func apply(_ restrictions: [Restriction]) {
        for (number, filter) in filters {
            if number == currentVersion {
                filter.restrict(restrictions, noting: &history)
            } else {
                filter.restrict(restrictions)
            }
        }
        for number in rebuilds.keys { rebuilds[number]?.restrictions += restrictions }
    }
}

// MARK: Closing

extension GateState {
    mutating func close(_ closing: GateClosing) {
        if closings.insert(closing).inserted { raiseEpoch() }
    }

    mutating func reopen(_ closing: GateClosing) {
        if closings.remove(closing) != nil { raiseEpoch() }
    }
}

// MARK: Narrowing

extension GateState {
    mutating func narrow(
        _ owner: Owner?, _ restrictions: [Restriction], isReduction: Bool = false
    ) -> Narrowing {
        if isReduction {
            for (number, widening) in widenings where widening.owner == owner {
                widenings[number]?.restrictions += restrictions
            }
        } else {
            widenings = widenings.filter { owner == nil || $0.value.owner != owner }
        }
        apply(restrictions)
        let narrowing = Narrowing(number: raiseEpoch(), epoch: epoch)
        narrowings[narrowing.number] = UnderWay(
            owner: owner, restrictions: restrictions, isReduction: isReduction)
        return narrowing
    }

    /// - Returns: the epoch from which on nothing of all it took flows.
    mutating func order(
        _ narrowing: Narrowing, _ more: [Restriction], ending grant: GrantID?, expiry: ExpiryQueue.Item?
    ) -> Int64 {
        guard let owner = narrowings[narrowing.number]?.owner,
            let isReduction = narrowings[narrowing.number]?.isReduction
        else {
            narrowings[narrowing.number]?.stage = .ordered
            return narrowing.epoch
        }
        narrowings[narrowing.number]?.stage = .ordered
        narrowings[narrowing.number]?.restrictions += more
        narrowings[narrowing.number]?.ended = grant
        // Widenings that are pending now were recorded before this.
        if isReduction {
            let restrictions = narrowings[narrowing.number]?.restrictions ?? []
            for (number, widening) in widenings where widening.owner == owner {
                widenings[number]?.restrictions += restrictions
                widenings[number]?.isReduced = true
            }
        } else {
            widenings = widenings.filter { $0.value.owner != owner }
        }
        if let grant {
            expiries.remove(grant)
            for number in rebuilds.keys { rebuilds[number]?.ended.insert(grant) }
        }
        if let expiry { expect(expiry) }
        guard !more.isEmpty else { return narrowing.epoch }
        apply(more)
        return raiseEpoch()
    }

    mutating func succeed(_ narrowing: Narrowing, of keys: Set<[UInt8]>) {
        guard let done = narrowings.removeValue(forKey: narrowing.number) else { return }
        release(done.owner, keys)
    }

    mutating func settle(_ narrowing: Narrowing) { narrowings[narrowing.number] = nil }

    mutating func hold(_ narrowing: Narrowing) { narrowings[narrowing.number]?.stage = .held }

    /// Ends what is held of an owner or, where the change was not of one owner, of these keys.
    private mutating func release(_ owner: Owner?, _ keys: Set<[UInt8]> = []) {
        for (number, held) in narrowings where held.owner == owner && held.stage == .held {
            let rest = held.restrictions.filter { owner == nil && !keys.contains(Array($0.holding.key.utf8)) }
            narrowings[number] = rest.isEmpty ? nil : held
            narrowings[number]?.restrictions = rest
        }
    }
}

// MARK: Widening

extension GateState {
    mutating func announce(_ owner: Owner) -> Widening {
        let widening = Widening(epoch: reserveEpoch())
        let earlier = narrowings.filter { $0.value.owner == owner && $0.value.stage == .ordered }
        widenings[widening.epoch] = Announced(owner: owner, after: Array(earlier.keys))
        return widening
    }

    mutating func abandon(_ widening: Widening) { widenings[widening.epoch] = nil }

    mutating func complete(
        _ widening: Widening, _ scopes: [OwnerScope], expiry: ExpiryQueue.Item?, of grant: GrantID,
        at now: Instant
    ) throws -> Bool {
        guard let announced = widenings.removeValue(forKey: widening.epoch) else { return false }
        let owner = announced.owner
        // One that acts and has no place in the registry's order yet will come after this widening.
        let isOvertaken = narrowings.values.contains {
            $0.owner == owner && $0.stage == .acting && !$0.isReduction
        }
        guard !isOvertaken else { return false }
        for number in announced.after { narrowings[number] = nil }
        release(owner)
        // What has run out goes first: an end that nobody has seen yet must not take away what comes now.
        expire(at: now)
        // That end was moved in time: it must not be told as the one that will come.
        expired[grant] = nil
        if let number = currentVersion, let filter = filters[number] {
            try filter.set(scopes, noting: &history)
            filter.restrict(announced.restrictions, noting: &history)
        }
        if !announced.isReduced {
            expiries.remove(grant)
            if let expiry { expect(expiry) }
        }
        take(widening.epoch)
        return true
    }
}

// MARK: Rebuilding

extension GateState {
    mutating func beginRebuild(after own: Narrowing?) -> Rebuild {
        let others = narrowings.filter { $0.key != own?.number }.values
        let ending = others.filter { !$0.isReduction }.compactMap(\.owner)
        let rebuild = Rebuild(epoch: reserveEpoch(), ending: Set(ending))
        rebuilds[rebuild.epoch] = Meanwhile(
            restrictions: others.flatMap(\.restrictions), ended: Set(others.compactMap(\.ended)))
        return rebuild
    }

    mutating func abandon(_ rebuild: Rebuild) { rebuilds[rebuild.epoch] = nil }

    mutating func install(
        _ filter: VersionFilter, _ rebuild: Rebuild, expiries items: [ExpiryQueue.Item], at now: Instant
    ) {
        let meanwhile = rebuilds.removeValue(forKey: rebuild.epoch) ?? Meanwhile()
        // What the new filter leaves out because it has ended must end in those of earlier versions too.
        expire(at: now)
        filter.restrict(meanwhile.restrictions)
        // Its end is that of the change that came meanwhile; what ends then is in what was read too.
        let read = Dictionary(items.map { ($0.grant, $0.restrictions) }, uniquingKeysWith: +)
        let replaced = Set(meanwhile.expiries.map(\.grant))
        expiries = ExpiryQueue(
            items.filter { !meanwhile.ended.contains($0.grant) && !replaced.contains($0.grant) }
                + meanwhile.expiries.map { item in
                    var item = item
                    item.restrictions += read[item.grant] ?? []
                    return item
                })
        moveHistory(to: filter, at: now)
        filters[filter.version.number] = filter
        currentVersion = filter.version.number
        dropUnusedFilters()
        take(rebuild.epoch)
    }

    /// The version's segments were put together: rows and ordinals are the same.
    mutating func move(to merged: StoredVersion) { filters[merged.number]?.move(to: merged) }

    /// Filters of earlier versions stay while a stream runs under them.
    mutating func dropUnusedFilters() {
        let inUse = Set(streams.values.map(\.versionNumber))
        filters = filters.filter { $0.key == currentVersion || inUse.contains($0.key) }
    }
}

// MARK: History

extension GateState {
    /// What the history says, and what is released at its end.
    var releases: ReleaseFile.Moment? {
        guard let history, let filter = currentFilter else { return nil }
        return ReleaseFile.Moment(history: history, released: filter.bits.snapshot())
    }

    var currentFilter: VersionFilter? { currentVersion.flatMap { filters[$0] } }

    /// Remembers from now on what changes.
    mutating func beginHistory(random: () -> [UInt8]) {
        guard history == nil, let filter = currentFilter, filter.tenancies == nil else { return }
        history = ReleaseHistory(of: filter.version, from: filter.bits.snapshot(), random: random())
    }

    /// Goes on with what was remembered when the hub stopped. Before the first filter is built.
    mutating func restore(_ releases: ReleaseFile.Moment) {
        precondition(currentVersion == nil)
        history = releases.history
        remembered = releases.released
    }

    private mutating func moveHistory(to filter: VersionFilter, at now: Instant) {
        let before = currentFilter
        // Where keys are divided by time nobody could be told which rows of them to drop.
        guard filter.tenancies == nil else {
            (history, remembered) = (nil, nil)
            return
        }
        guard let old = before?.bits.snapshot() ?? remembered else { return }
        remembered = nil
        let isOfUse = history?.move(
            from: old, of: before?.version, to: filter.bits.snapshot(), of: filter.version, at: now)
        if isOfUse == false { history = nil }
    }
}

// MARK: Time

extension GateState {
    private mutating func expect(_ expiry: ExpiryQueue.Item) {
        expiries.insert(expiry)
        for number in rebuilds.keys { rebuilds[number]?.expiries.append(expiry) }
    }

    /// Takes out the keys of grants that have expired by `now`.
    mutating func expire(at now: Instant) {
        let due = expiries.removeDue(at: now)
        guard !due.isEmpty else { return }
        apply(due.flatMap(\.restrictions))
        raiseEpoch()
        for item in due { expired[item.grant] = epoch }
    }
}
