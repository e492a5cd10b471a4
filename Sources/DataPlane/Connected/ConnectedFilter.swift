/// What a connected dataset releases at one moment: which keys are whose, and what these owners granted.
public struct ConnectedFilter: Sendable {
    let owners: ConnectedOwners
    let grants: OwnerFilterSnapshot

    /// - Throws: `DataPlaneError.foreignFilter` if the grants are by the ordinals of other owners.
    public init(owners: ConnectedOwners, grants: OwnerFilterSnapshot) throws(DataPlaneError) {
        guard owners.identity == grants.version else { throw .foreignFilter }
        self.owners = owners
        self.grants = grants
    }
}
