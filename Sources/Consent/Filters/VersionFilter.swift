public import DataPlane
internal import Model

/// What one owner released: the rows of a key, or of a period of it, in some fields.
struct OwnerScope: Hashable, Sendable {
    var holding: Holding
    /// The first version whose rows belong to this owner (`OwnerLink.sinceVersion`).
    var sinceVersion: Int
    /// Their ids.
    var fields: [String]
}

/// The owner filter of one agreement over one dataset version: keys become ordinals, ids of fields positions.
struct VersionFilter: Sendable {
    private(set) var version: StoredVersion
    /// How keys of the version are divided by time; nil if none is.
    let tenancies: Tenancies?
    let bits: OwnerFilter

    init(version: StoredVersion, tenancies: Tenancies?) {
        self.version = version
        self.tenancies = tenancies
        bits = OwnerFilter(version: version, tenancies: tenancies)
    }

    /// Releases what each scope says and nothing else of its holding. Keys without rows, rows of before the
    /// link, and periods that are not those of the key are left out.
    ///
    /// - Parameter history: takes note of what changes; nil if nobody keeps any.
    func set(_ scopes: [OwnerScope], noting history: inout ReleaseHistory?) throws {
        // Of many keys the fields are mostly the same.
        var last = (ids: [String](), set: FieldSet())
        for scope in scopes {
            if scope.fields != last.ids { last = (scope.fields, version.fieldSet(withIDs: scope.fields)) }
            for stored in version.ordinals(of: scope.holding.key) {
                guard let ordinal = ordinal(of: scope, under: stored) else { continue }
                try change(ordinal, noting: &history) {
                    try bits.grant(ordinal, fields: last.set)
                }
            }
        }
    }

    private func ordinal(of scope: OwnerScope, under stored: UInt32) -> UInt32? {
        guard scope.sinceVersion <= version.since(stored) else { return nil }
        if let period = scope.holding.period { return tenancies?.ordinal(of: period, under: stored) }
        return tenancies?.isDivided(stored) == true ? nil : stored
    }

    /// From now on reads begin with the same rows in other files.
    mutating func move(to merged: StoredVersion) {
        precondition(merged.identity == version.identity && merged.ordinalCount == version.ordinalCount)
        version = merged
    }

    /// Takes away what each restriction says. Never releases anything.
    func restrict(_ restrictions: [Restriction], noting history: inout ReleaseHistory?) {
        var last = (ids: [String](), set: FieldSet())
        for restriction in restrictions {
            if restriction.fields != last.ids {
                last = (restriction.fields, version.fieldSet(withIDs: restriction.fields))
            }
            for ordinal in ordinals(of: restriction.holding) {
                change(ordinal, noting: &history) {
                    bits.restrict(ordinal, to: last.set)
                }
            }
        }
    }

    private func ordinals(of holding: Holding) -> [UInt32] {
        let stored = version.ordinals(of: holding.key)
        guard let tenancies else { return stored }
        guard let period = holding.period else { return stored + stored.flatMap(tenancies.ordinals(under:)) }
        // Of a key that is not divided, or no longer is, nobody can tell what the period was.
        return stored.compactMap {
            tenancies.isDivided($0) ? tenancies.ordinal(of: period, under: $0) : $0
        }
    }

    /// The same for a filter that nobody has read under yet, or begins to.
    func restrict(_ restrictions: [Restriction]) {
        var nobody: ReleaseHistory?
        restrict(restrictions, noting: &nobody)
    }

    private func change<Failure: Error>(
        _ ordinal: UInt32, noting history: inout ReleaseHistory?, _ body: () throws(Failure) -> Void
    ) throws(Failure) {
        guard history != nil else { return try body() }
        let before = bits.fields(of: ordinal)
        defer {
            let after = bits.fields(of: ordinal)
            if before != after {
                let change = ReleaseChange(ordinal: ordinal, before: before, after: after)
                if history?.note(change) == false { history = nil }
                history?.trim(owners: version.ordinalCount)
            }
        }
        try body()
    }
}

extension StoredVersion {
    /// The number of this version, from 1.
    public var number: Int { identity.version }

    /// The positions of the fields with these names; a name that this version lacks stands for nothing.
    func fieldSet(named names: [String]) -> FieldSet {
        let names = Set(names)
        return FieldSet(fields.indices.filter { names.contains(fields[$0].name) })
    }

    /// The same by their ids.
    func fieldSet(withIDs ids: [String]) -> FieldSet {
        let ids = Set(ids)
        return FieldSet(fields.indices.filter { ids.contains(fields[$0].id) })
    }
}
