public import DataPlane
internal import Model

/// What one owner released: the rows of a key, in some fields.
public struct OwnerScope: Hashable, Sendable {
    public var key: String
    /// The first version whose rows belong to this owner (`OwnerLink.sinceVersion`).
    public var sinceVersion: Int
    public var fields: [String]
}

/// The owner filter of one agreement over one dataset version: keys become ordinals, field names positions.
struct VersionFilter: Sendable {
    private(set) var version: StoredVersion
    let bits: OwnerFilter

    init(version: StoredVersion) {
        self.version = version
        bits = OwnerFilter(version: version)
    }

    /// Releases what each scope says and nothing else of its key. Keys without rows, and rows of before the
    /// link, are left out.
    ///
    /// - Parameter history: takes note of what changes; nil if nobody keeps any.
    func set(_ scopes: [OwnerScope], noting history: inout ReleaseHistory?) throws {
        for scope in scopes {
            for ordinal in version.ordinals(of: scope.key)
            where scope.sinceVersion <= version.since(ordinal) {
                try change(ordinal, noting: &history) {
                    try bits.grant(ordinal, fields: version.fieldSet(named: scope.fields))
                }
            }
        }
    }

    /// From now on reads begin with the same rows in other files.
    mutating func move(to merged: StoredVersion) {
        precondition(merged.identity == version.identity && merged.ordinalCount == version.ordinalCount)
        version = merged
    }

    /// Takes away what each restriction says. Never releases anything.
    func restrict(_ restrictions: [Restriction], noting history: inout ReleaseHistory?) {
        for restriction in restrictions {
            for ordinal in version.ordinals(of: restriction.key) {
                change(ordinal, noting: &history) {
                    bits.restrict(ordinal, to: version.fieldSet(named: restriction.fields))
                }
            }
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
        FieldSet(names.compactMap { name in fields.firstIndex { $0.name == name } })
    }
}
