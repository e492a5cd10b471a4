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
    let version: StoredVersion
    let bits: OwnerFilter

    init(version: StoredVersion) {
        self.version = version
        bits = OwnerFilter(version: version)
    }

    /// Releases what each scope says and nothing else of its key. Keys without rows, and rows of before the
    /// link, are left out.
    func set(_ scopes: [OwnerScope]) throws {
        for scope in scopes {
            guard scope.sinceVersion <= version.number, let ordinal = version.ordinal(of: scope.key) else {
                continue
            }
            try bits.grant(ordinal, fields: version.fieldSet(named: scope.fields))
        }
    }

    /// Takes away what each restriction says. Never releases anything.
    func restrict(_ restrictions: [Restriction]) {
        for restriction in restrictions {
            guard let ordinal = version.ordinal(of: restriction.key) else { continue }
            bits.restrict(ordinal, to: version.fieldSet(named: restriction.fields))
        }
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
