import Synchronization

/// Which owners of one version granted which fields under one agreement; kept live from the grants.
///
/// Nobody has a grant at first. Changes are seen by every snapshot taken after them; the epoch that goes with
/// a snapshot is kept by whoever makes the changes.
public final class OwnerFilter: Sendable {
    fileprivate struct State: Sendable {
        /// Without the field sets: a snapshot gets those of the table when it is taken.
        var grants: OwnerFilterSnapshot
        var table = FieldSetTable()
        /// Of the version, whose owners' rows the table counts; nil where nobody knows how many they have.
        let owners: OwnerTable?
        let tenancies: Tenancies?
    }

    public let version: VersionIdentity
    private let ownerCount: Int
    private let state: Mutex<State>

    /// - Parameter tenancies: of the same version; nil if none of its keys is divided by time.
    public init(version: StoredVersion, tenancies: Tenancies? = nil) {
        precondition(tenancies == nil || tenancies?.version == version.identity)
        self.version = version.identity
        ownerCount = tenancies?.ordinalCount ?? version.ordinalCount
        state = Mutex(
            State(
                grants: OwnerFilterSnapshot(
                    version: version.identity, ownerCount: ownerCount, tenancies: tenancies),
                owners: version.owners, tenancies: tenancies))
    }

    /// Of a connected dataset, whose rows are not here to be counted.
    public init(owners: ConnectedOwners) {
        version = owners.identity
        ownerCount = owners.count
        state = Mutex(
            State(
                grants: OwnerFilterSnapshot(version: owners.identity, ownerCount: owners.count), owners: nil,
                tenancies: nil))
    }

    /// Releases these fields of the owner's rows, and no others; an empty set releases nothing. `ordinal` is
    /// one of the version's, or of a period of a key.
    ///
    /// The rows of a key that is divided by time are released by its periods alone: by its own ordinal
    /// nothing is.
    /// - Throws: `DataPlaneError.tooManyFieldSets`. The owner then has no grant: never more than he gave.
    public func grant(_ ordinal: UInt32, fields: FieldSet) throws(DataPlaneError) {
        precondition(ordinal < ownerCount)
        try state.withLock { state throws(DataPlaneError) in
            state.clear(Int(ordinal))
            guard !fields.isEmpty, state.tenancies?.isDivided(ordinal) != true else { return }
            try state.grant(Int(ordinal), fields)
        }
    }

    /// Withholds all fields of the owner's rows but these; never releases one.
    ///
    /// Should the version have no number left for the fields that remain, the owner has no grant.
    public func restrict(_ ordinal: UInt32, to fields: FieldSet) {
        precondition(ordinal < ownerCount)
        state.withLock { state in
            guard let scope = state.grants.scope(Int(ordinal)) else { return }
            let before = state.table.entries[scope].fields
            let after = before.intersection(fields)
            guard after != before else { return }
            state.clear(Int(ordinal))
            if !after.isEmpty { try? state.grant(Int(ordinal), after) }
        }
    }

    /// Withholds the owner's rows.
    public func clear(_ ordinal: UInt32) {
        precondition(ordinal < ownerCount)
        state.withLock { $0.clear(Int(ordinal)) }
    }

    /// What is released of the owner's rows; empty without a grant.
    public func fields(of ordinal: UInt32) -> FieldSet {
        precondition(ordinal < ownerCount)
        return state.withLock { state in
            state.grants.scope(Int(ordinal)).map { state.table.entries[$0].fields } ?? FieldSet()
        }
    }

    /// The filter as it is now, as a value; costs no copy.
    public func snapshot() -> OwnerFilterSnapshot { state.withLock { $0.grants.with($0.table.entries) } }
}

extension OwnerFilter.State {
    private func rows(_ owner: Int) -> Int {
        guard let owners else { return 0 }
        return owner < owners.count ? owners.rows(owner) : tenancies?.rows(owner) ?? 0
    }

    /// Whether he is counted among those who have rows.
    private func isOwner(_ owner: Int) -> Bool {
        guard let owners, owner >= owners.count else { return rows(owner) > 0 }
        return tenancies?.countsOwner(owner) ?? false
    }

    /// To an owner without a grant.
    mutating func grant(_ owner: Int, _ fields: FieldSet) throws(DataPlaneError) {
        grants.grant(owner, scope: try table.take(fields, rows: rows(owner), isOwner: isOwner(owner)))
    }

    mutating func clear(_ owner: Int) {
        guard let scope = grants.scope(owner) else { return }
        grants.clear(owner)
        table.give(back: UInt16(scope), rows: rows(owner), isOwner: isOwner(owner))
    }
}
