/// Which rows of a dataset with a time column an agreement covers: those of this time.
public struct DataSpan: Hashable, Sendable {
    /// The first moment; nil for all that came before `to`.
    public var from: Instant?
    /// The moment behind the last; nil for all from `from` on.
    public var to: Instant?

    /// Nil without either: rows of any time.
    public init?(from: Instant?, to: Instant?) {
        guard from != nil || to != nil else { return nil }
        self.from = from
        self.to = to
    }

    /// As `POST /api/v1/requests` takes it.
    public var json: JSON { ["from": JSON(from), "to": JSON(to)] }
}
