public import Model

extension ReleaseHistory {
    /// Notes what a new filter releases otherwise than the one before it.
    ///
    /// - Parameters:
    ///   - old: of the same ordinals; nil if nobody had anything.
    ///   - before: the version that `old` was of, if it is known.
    /// - Returns: false if it is of no use any more: `version` has other ordinals, or there are more field
    ///   sets than it can number.
    public mutating func move(
        from old: OwnerFilterSnapshot, of before: StoredVersion?, to new: OwnerFilterSnapshot,
        of version: StoredVersion, at now: Instant
    ) -> Bool {
        guard version.manifest.base == base, old.version.dataset == new.version.dataset else { return false }
        for change in new.changes(since: old) {
            if let before, Int(change.ordinal) < before.ordinalCount, version.isForgotten(change.ordinal) {
                noteDeparture(
                    of: change.ordinal, Departure(key: before.ownerKey(of: change.ordinal), at: now))
            }
            guard note(change) else { return false }
        }
        trim(owners: version.ordinalCount)
        forgetDepartures(at: now)
        return true
    }
}

extension StoredVersion {
    /// The version that put rows in place of all before: those from it on to the next such share ordinals and
    /// places in the order of arrival. Versions of a connected dataset share none: they have no history.
    public var base: Int { manifest.base }

    /// What the place of the next row in the order of arrival will be.
    public var nextSequence: Int { manifest.nextSequence }

    /// Whether the rows under an ordinal were deleted, and the key with them.
    fileprivate func isForgotten(_ ordinal: UInt32) -> Bool {
        ownerRule != .single && owners.withKey(Int(ordinal)) { $0.isEmpty }
    }
}
