/// An owner filter at one moment.
public struct OwnerFilterSnapshot: Sendable {
    public let version: VersionIdentity
    private var pages: [FilterPage]
    /// By number; a number that no owner has may hold anything.
    private var sets: [FieldSet] = []

    init(version: VersionIdentity, ownerCount: Int) {
        self.version = version
        let pageCount = (ownerCount + FilterPage.ownerCount - 1) / FilterPage.ownerCount
        pages = [FilterPage](repeating: FilterPage(), count: pageCount)
    }

    /// What a reader of these fields does not get: owners who have rows but granted none of the fields, and
    /// how many rows they have. Rows that belong to nobody are not counted.
    /// - Throws: `DataPlaneError.foreignFilter` for another version.
    public func withheld(
        in version: StoredVersion, fields: FieldSet
    ) throws(DataPlaneError) -> (rows: Int, owners: Int) {
        try check(version)
        let isReleased = sets.map { !$0.isDisjoint(with: fields) }
        var (rows, owners) = (0, 0)
        for owner in 0..<version.ownerCount {
            if let scope = scope(owner), isReleased[scope] { continue }
            let count = version.owners.rows(owner).count
            rows += count
            owners += count > 0 ? 1 : 0
        }
        return (rows, owners)
    }

    func check(_ version: StoredVersion) throws(DataPlaneError) {
        guard version.identity == self.version else { throw .foreignFilter }
    }

    func fields(ofScope scope: Int) -> FieldSet { sets[scope] }

    /// The number of the owner's field set; nil without a grant.
    @inline(__always)
    func scope(_ owner: Int) -> Int? {
        pages[owner / FilterPage.ownerCount].scope(owner % FilterPage.ownerCount)
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

    func with(_ sets: [FieldSet]) -> OwnerFilterSnapshot {
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
