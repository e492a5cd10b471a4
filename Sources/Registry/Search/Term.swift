internal import Model

/// What entries have in common: the key of one list of entries.
struct Term: Hashable {
    /// A letter for the kind, then the value.
    let key: [UInt8]

    private init(_ kind: Character, _ value: some Sequence<UInt8>) {
        key = Array(String(kind).utf8) + value
    }

    /// All entries that are indexed.
    static let any = Term("e", [])

    static func organisation(_ slug: Slug) -> Term { Term("o", slug.text.utf8) }
    static func owner(_ slug: Slug) -> Term { Term("w", slug.text.utf8) }
    static func dataset(_ slug: Slug) -> Term { Term("d", slug.text.utf8) }
    static func purpose(_ iri: String) -> Term { Term("p", iri.utf8) }
    static func decision(_ word: String) -> Term { Term("x", word.utf8) }
    static func type(_ text: String) -> Term { Term("t", text.utf8) }
    static func grant(_ id: GrantID) -> Term { Term("g", id.bytes) }
    static func nonce(_ nonce: [UInt8]) -> Term { Term("n", nonce) }
}

extension Term {
    /// What an entry says itself; the organisations come from `Parties`.
    static func terms(of entry: IndexedEntry) -> [Term] {
        var terms: [Term] = [.any]
        if !entry.type.isEmpty { terms.append(.type(entry.type)) }
        if let dataset = entry.dataset { terms.append(.dataset(dataset)) }
        if let purpose = entry.purpose { terms.append(.purpose(purpose)) }
        if let decision = entry.decision { terms.append(.decision(decision)) }
        if let grant = entry.grant { terms.append(.grant(grant)) }
        if let nonce = entry.nonce { terms.append(.nonce(nonce)) }
        return terms
    }

    /// The lists that all must hold an entry that the query finds, those for `nonces` apart.
    static func terms(of query: EntryQuery) -> [Term] {
        var terms: [Term] = []
        if let organisation = query.organisation { terms.append(.organisation(organisation)) }
        if let reader = query.visibleTo { terms.append(.organisation(reader)) }
        if let owner = query.owner { terms.append(.owner(owner)) }
        if let dataset = query.dataset { terms.append(.dataset(dataset)) }
        if let purpose = query.purpose { terms.append(.purpose(purpose.iri)) }
        if let decision = query.decision { terms.append(.decision(decision.rawValue)) }
        if let grant = query.grant { terms.append(.grant(grant)) }
        if let type = query.type { terms.append(.type(type)) }
        return terms.isEmpty ? [.any] : Array(Set(terms))
    }
}
