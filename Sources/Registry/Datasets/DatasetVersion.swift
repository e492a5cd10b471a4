public import Model

/// One publication of a dataset's rows.
public struct DatasetVersion: Hashable, Sendable {
    public var dataset: Slug
    /// From 1, without gaps.
    public var version: Int
    public var rows: Int
    /// Distinct owner keys.
    public var owners: Int
    /// Rows that belong to nobody.
    public var ownerlessRows: Int
    public var sizeBytes: Int
    public var publishedAt: Instant

    public init(
        dataset: Slug, version: Int, rows: Int, owners: Int, ownerlessRows: Int, sizeBytes: Int,
        publishedAt: Instant
    ) {
        self.dataset = dataset
        self.version = version
        self.rows = rows
        self.owners = owners
        self.ownerlessRows = ownerlessRows
        self.sizeBytes = sizeBytes
        self.publishedAt = publishedAt
    }
}
