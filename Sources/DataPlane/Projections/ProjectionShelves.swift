import Model

/// Which projections there are, of what readers get now: pure bookkeeping.
///
/// A dataset has projections of one version in one set of segments, the one that its readers get. A list of
/// fields that is read for the second time is wanted; what was not used for longest goes first.
struct ProjectionShelves {
    /// A projection that is to be made.
    struct Wish: Sendable {
        let version: StoredVersion
        let fields: [Int]
    }

    private enum Stage: Hashable { case readOnce, wanted, tooLarge }

    private struct Shelf {
        let version: StoredVersion
        var projections: [(projection: StoredProjection, lastUse: Int)] = []
        /// Lists of fields of which there is no projection.
        var lists: [[Int]: Stage] = [:]
    }

    /// How many lists are remembered of a dataset.
    static let maximumLists = 1_000
    /// How many projections wait to be made; whoever reads then asks again.
    static let maximumWishes = 16

    let budgetBytes: Int
    private var shelves: [Slug: Shelf] = [:]
    private var uses = 0
    /// Of the projection that is being made.
    private var reservedBytes = 0

    init(budgetBytes: Int) { self.budgetBytes = budgetBytes }

    /// What all of them take, with the one that is being made.
    var usedBytes: Int {
        shelves.values.reduce(reservedBytes) { sum, shelf in
            shelf.projections.reduce(sum) { $0 + $1.projection.sizeBytes }
        }
    }

    func projections(of version: StoredVersion) -> [StoredProjection] {
        guard let shelf = shelves[version.identity.dataset], shelf.version === version else { return [] }
        return shelf.projections.map(\.projection)
    }

    /// Readers of the dataset get this from now on.
    /// - Returns: what goes. It is for the caller to let go of it where nobody waits.
    mutating func turn(to version: StoredVersion) -> [StoredProjection] {
        let dataset = version.identity.dataset
        guard shelves[dataset]?.version !== version else { return [] }
        let before = shelves.updateValue(Shelf(version: version), forKey: dataset)
        return before?.projections.map(\.projection) ?? []
    }

    // MARK: Reads

    /// Notes a read.
    ///
    /// - Parameters:
    ///   - fields: all that it looks at, those that are sent first, in their order.
    ///   - isCounted: whether it is one of the reads for which a projection is worth its making.
    /// - Returns: what it can be served from, and whether a projection is to be made.
    mutating func read(
        _ fields: [Int], of version: StoredVersion, isCounted: Bool
    ) -> (found: StoredProjection?, isWished: Bool) {
        let dataset = version.identity.dataset
        guard var shelf = shelves[dataset], shelf.version === version,
            fields != Array(version.fields.indices)
        else { return (nil, false) }
        defer { shelves[dataset] = shelf }
        shelf.projections.removeAll { $0.projection.isDamaged }
        let exact = shelf.projections.firstIndex { $0.projection.fields == fields }
        let best =
            exact
            ?? shelf.projections.indices.filter { shelf.projections[$0].projection.holds(fields) }
            .min { shelf.projections[$0].projection.sizeBytes < shelf.projections[$1].projection.sizeBytes }
        if let best {
            uses += 1
            shelf.projections[best].lastUse = uses
        }
        let isWished = isCounted && exact == nil && note(fields, in: &shelf)
        return (best.map { shelf.projections[$0].projection }, isWished)
    }

    /// - Returns: whether the list is wanted from now on.
    private func note(_ fields: [Int], in shelf: inout Shelf) -> Bool {
        switch shelf.lists[fields] {
        case nil:
            if shelf.lists.count >= Self.maximumLists {
                shelf.lists = shelf.lists.filter { $0.value == .wanted }
            }
            shelf.lists[fields] = .readOnce
            return false
        case .readOnce:
            let wishes = shelves.values.reduce(0) { $0 + $1.lists.count { $0.value == .wanted } }
            guard wishes < Self.maximumWishes else { return false }
            shelf.lists[fields] = .wanted
            return true
        case .wanted, .tooLarge: return false
        }
    }

    // MARK: Making

    /// Whether the projection is still to be made.
    func isWanted(_ wish: Wish) -> Bool {
        guard let shelf = shelves[wish.version.identity.dataset] else { return false }
        return shelf.version === wish.version && shelf.lists[wish.fields] == .wanted
    }

    /// Makes room for a projection of so many bytes.
    /// - Returns: what goes; nil if it is not to be made.
    mutating func begin(_ wish: Wish, sizeBytes: Int) -> [StoredProjection]? {
        guard isWanted(wish) else { return nil }
        guard sizeBytes <= budgetBytes else {
            shelves[wish.version.identity.dataset]?.lists[wish.fields] = .tooLarge
            return nil
        }
        var gone: [StoredProjection] = []
        while usedBytes + sizeBytes > budgetBytes, let oldest = removeOldest() { gone.append(oldest) }
        reservedBytes = sizeBytes
        return gone
    }

    /// Ends what `begin` began, or what did not come so far.
    /// - Parameter made: nil if it could not be made: then two more reads ask for it again.
    mutating func end(_ wish: Wish, _ made: StoredProjection?) {
        reservedBytes = 0
        guard isWanted(wish) else { return }
        let dataset = wish.version.identity.dataset
        shelves[dataset]?.lists[wish.fields] = nil
        guard let made else { return }
        uses += 1
        shelves[dataset]?.projections.append((made, uses))
    }

    // MARK: Dropping

    private mutating func removeOldest() -> StoredProjection? {
        let oldest = shelves.compactMap { dataset, shelf in
            shelf.projections.indices.min { shelf.projections[$0].lastUse < shelf.projections[$1].lastUse }
                .map { (dataset: dataset, index: $0, lastUse: shelf.projections[$0].lastUse) }
        }.min { $0.lastUse < $1.lastUse }
        guard let oldest else { return nil }
        return shelves[oldest.dataset]?.projections.remove(at: oldest.index).projection
    }

    /// Those that have projections, or will have.
    var datasets: [Slug] {
        shelves.filter { !$0.value.projections.isEmpty || $0.value.lists.values.contains(.wanted) }.map(\.key)
    }

    /// Drops, and no longer makes, what holds a field that is not among the allowed ones.
    ///
    /// - Parameter allowed: asked only if the dataset has projections, or will have.
    /// - Returns: what goes.
    mutating func keep(of dataset: Slug, only allowed: (StoredVersion) -> FieldSet) -> [StoredProjection] {
        guard let shelf = shelves[dataset], !shelf.projections.isEmpty || !shelf.lists.isEmpty else {
            return []
        }
        let allowed = allowed(shelf.version)
        func isKept(_ fields: [Int]) -> Bool { FieldSet(fields).isSubset(of: allowed) }
        shelves[dataset]?.projections.removeAll { !isKept($0.projection.fields) }
        shelves[dataset]?.lists = shelf.lists.filter { isKept($0.key) }
        return shelf.projections.map(\.projection).filter { !isKept($0.fields) }
    }
}
