public import Model

/// The side of a request or an agreement on which an organisation stands.
public enum Party: Hashable, Sendable {
    case provider(Slug)
    case consumer(Slug)

    var slug: Slug {
        switch self {
        case .provider(let slug), .consumer(let slug): slug
        }
    }

    /// The name of this party's lists in cursors, and of its column.
    var column: String {
        switch self {
        case .provider: "provider"
        case .consumer: "consumer"
        }
    }
}
