public import Model
internal import Registry

extension Exchange {
    /// How much of an agreement an owner releases; nil members mean all of it.
    public struct GrantTerms: Sendable {
        public var fields: [String]?
        public var validUntil: Instant?
        public var ownerKeys: [String]?

        public init(fields: [String]? = nil, validUntil: Instant? = nil, ownerKeys: [String]? = nil) {
            self.fields = fields
            self.validUntil = validUntil
            self.ownerKeys = ownerKeys
        }
    }
}

/// What an owner's new terms change of what he grants now. Terms and grant name fields as the dataset has
/// them now, scopes and restrictions by their ids.
struct Amendment: Sendable {
    /// The live grant that is amended; nil if there is none.
    let current: Grant?
    /// What flows under the new terms.
    let scopes: [OwnerScope]
    /// What no longer does.
    let restrictions: [Restriction]
    /// Whether the new terms release nothing that the current grant does not, and less of it or not so long.
    let onlyTakesAway: Bool

    init(
        of current: Grant?, to terms: Exchange.GrantTerms, under agreement: Agreement, in dataset: Dataset,
        links: [OwnerLink]
    ) {
        let fields = agreement.fields.filter { terms.fields?.contains($0) ?? true }
        let after = Exchange.scopes(
            links: links, keys: terms.ownerKeys, fields: dataset.fieldIDs(named: fields))
        self.current = current
        scopes = after
        guard let current else {
            restrictions = []
            onlyTakesAway = false
            return
        }
        let before = Exchange.scopes(
            links: links, keys: current.ownerKeys, fields: dataset.fieldIDs(named: current.fields))
        let (granted, wanted) = (Self.fields(of: before), Self.fields(of: after))
        restrictions = before.compactMap { old in
            let new = wanted[old.holding] ?? []
            let kept = old.fields.filter(new.contains)
            return kept.count == old.fields.count ? nil : Restriction(holding: old.holding, fields: kept)
        }
        let adds = after.contains { new in
            let old = granted[new.holding] ?? []
            return !new.fields.allSatisfy(old.contains)
        }
        // A key that is linked later is covered by a grant of all keys, and by no other.
        let opens = terms.ownerKeys == nil && current.ownerKeys != nil
        let closes = terms.ownerKeys != nil && current.ownerKeys == nil
        let end = terms.validUntil?.milliseconds ?? .max
        let oldEnd = current.validUntil?.milliseconds ?? .max
        onlyTakesAway =
            !adds && !opens && end <= oldEnd && (closes || end < oldEnd || !restrictions.isEmpty)
    }

    private static func fields(of scopes: [OwnerScope]) -> [Holding: [String]] {
        Dictionary(scopes.map { ($0.holding, $0.fields) }) { first, _ in first }
    }
}
