/// Fills one block with what one snapshot releases, in some order, from a position on.
protocol RowAssembler: ~Copyable {
    /// - Parameters:
    ///   - snapshot: nil for an open dataset.
    ///   - delta: nil to send what is released whenever it came.
    init(
        version: StoredVersion, snapshot: OwnerFilterSnapshot?, delta: Delta?, projection: Projection,
        selection: RowSelection, position: ReadPosition)

    /// Behind what was written.
    var position: ReadPosition { get }
    var delivered: [DeliveredRun] { get }
    var rows: Int { get }
    /// Whether nothing is released behind what was written.
    var isAtEnd: Bool { get }

    /// Writes rows until the block is full, the rows are at an end, or it is time to give way.
    mutating func fill(_ output: inout OutputSpan<UInt8>) throws
}
