public import Model

/// A link that is or was.
public struct LinkRecord: Hashable, Sendable {
    public var link: OwnerLink
    public var madeAt: Instant
    /// Nil while the link lives.
    public var endedAt: Instant?

    public init(link: OwnerLink, madeAt: Instant, endedAt: Instant?) {
        self.link = link
        self.madeAt = madeAt
        self.endedAt = endedAt
    }
}
