internal import Model

/// Whose use of what is counted together.
struct UsageKey: Hashable, Sendable {
    enum Client: Hashable, Sendable {
        case organisation(Slug)
        /// Somebody who reads an open dataset, by his network address: it is in memory only.
        case address(String)
    }

    let client: Client
    /// Nil for tokens.
    let dataset: Slug?
}
