/// An owner filter at one moment.
public struct OwnerFilterSnapshot: Sendable {
    public let version: VersionIdentity
    /// The keys that are divided by time, as the filter knows them; nil if none is.
    let tenancies: Tenancies?
    private(set) var pages: [FilterPage]
    /// By number; a number that no owner has may hold anything.
    private var sets: [FieldSetTable.Entry] = []

    init(version: VersionIdentity, ownerCount: Int, tenancies: Tenancies? = nil) {
        self.version = version
        self.tenancies = tenancies
        let pageCount = (ownerCount + FilterPage.ownerCount - 1) / FilterPage.ownerCount
        pages = [FilterPage](repeating: FilterPage(), count: pageCount)
    }

    /// What a reader of these fields does not get: owners who have rows but granted none of the fields, and
    /// how many rows they have. Rows that belong to nobody are not counted. Rows of before a key was its
    /// owner's are, but make him no withheld owner if his own are released.
    /// - Throws: `DataPlaneError.foreignFilter` for another version.
    public func withheld(
        in version: StoredVersion, fields: FieldSet
    ) throws(DataPlaneError) -> (rows: Int, owners: Int) {
        try check(version)
        var (rows, owners) = (version.ownedRows, version.ownersWithRows)
        rows += tenancies?.ownedRowsChange ?? 0
        owners += tenancies?.ownersChange ?? 0
        for set in sets where !set.fields.isDisjoint(with: fields) {
            rows -= set.rows
            owners -= set.owners
        }
        return (rows, owners)
    }

    /// Whether keys of it are divided by time.
    public var dividesKeys: Bool { tenancies != nil }

    /// What is released of an owner's rows; empty without a grant, and for an ordinal that a later version
    /// gave out.
    public func fields(of ordinal: UInt32) -> FieldSet {
        guard Int(ordinal) < FilterPage.ownerCount * pages.count else { return FieldSet() }
        return scope(Int(ordinal)).map { fields(ofScope: $0) } ?? FieldSet()
    }

    /// The fields that some owner releases.
    public var releasedFields: FieldSet {
        sets.reduce(into: FieldSet()) { if $1.grants > 0 { $0.formUnion($1.fields) } }
    }

    func check(_ version: StoredVersion) throws(DataPlaneError) {
        guard version.identity == self.version else { throw .foreignFilter }
    }

    func fields(ofScope scope: Int) -> FieldSet { sets[scope].fields }

    /// By number.
    var fieldSets: [FieldSet] { sets.map(\.fields) }

    /// The number of the owner's field set; nil without a grant.
    @inline(__always)
    func scope(_ owner: Int) -> Int? {
        pages.span[owner / FilterPage.ownerCount].scope(owner % FilterPage.ownerCount)
    }

    /// Of the owner of stored rows; nil for nobody, whose ordinal is no owner's.
    @inline(__always)
    func scope(ofRun owner: UInt32) -> Int? {
        owner == OwnerDictionary.nobody ? nil : scope(Int(owner))
    }

    /// The first owner from `start` on who has a grant.
    func firstGranted(from start: Int) -> Int? {
        var page = start / FilterPage.ownerCount
        var first = start % FilterPage.ownerCount
        while page < pages.count {
            if let owner = pages[page].firstGranted(from: first) {
                return page * FilterPage.ownerCount + owner
            }
            page += 1
            first = 0
        }
        return nil
    }

    func with(_ sets: [FieldSetTable.Entry]) -> OwnerFilterSnapshot {
        var copy = self
        copy.sets = sets
        return copy
    }

    mutating func grant(_ owner: Int, scope: UInt16) {
        pages[owner / FilterPage.ownerCount].grant(owner % FilterPage.ownerCount, scope: scope)
    }

    mutating func clear(_ owner: Int) {
        pages[owner / FilterPage.ownerCount].clear(owner % FilterPage.ownerCount)
    }
}
