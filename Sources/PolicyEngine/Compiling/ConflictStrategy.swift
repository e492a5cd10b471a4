/// What holds where a permission and a prohibition of one policy both speak of a request (ODRL Information
/// Model 2.2 section 2.9).
enum ConflictStrategy: String, CaseIterable, Sendable {
    case perm
    case prohibit
    /// The whole policy is void then. For whoever asks that is the same as `prohibit`.
    case invalid

    init?(iri: String) {
        guard let found = Self.allCases.first(where: { ODRL.term($0.rawValue) == iri }) else { return nil }
        self = found
    }
}
