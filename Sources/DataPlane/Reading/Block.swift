/// Whole rows, ready to be written, as one filter snapshot released them.
public struct Block: Sendable {
    /// At most 65,536 bytes.
    public static let maximumBytes = 65_536

    public let bytes: [UInt8]
    public let rows: Int
    /// To whose rows the bytes belong, in order; empty for an open dataset.
    public let delivered: [DeliveredRun]
    let start: ReadPosition
    let end: ReadPosition
}

/// Rows of one owner in one block, all released in the same fields.
public struct DeliveredRun: Hashable, Sendable {
    public var ordinal: UInt32
    public var rows: Int
    /// What the owner released of them, whether or not the reader asked for it.
    public var fields: FieldSet

    public init(ordinal: UInt32, rows: Int, fields: FieldSet) {
        self.ordinal = ordinal
        self.rows = rows
        self.fields = fields
    }
}

/// Where a stream stands: the next row, and the owner whose it is.
struct ReadPosition: Hashable, Sendable {
    var row = 0
    var owner = 0
}
