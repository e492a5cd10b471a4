public import Model

/// Whole rows, ready to be written, as one filter snapshot released them.
///
/// It may be empty and yet not the last: so much was looked at in vain that it is time to give way.
public struct Block: Sendable {
    /// At most 65,536 bytes.
    public static let maximumBytes = 65_536

    public let bytes: [UInt8]
    public let rows: Int
    /// To whose rows the bytes belong, in order; empty for an open dataset.
    public let delivered: [DeliveredRun]
    /// Whether the snapshot releases nothing behind it.
    public let isLast: Bool
    let start: ReadPosition
    var end: ReadPosition
}

/// Rows of one owner in one block, all released in the same fields.
public struct DeliveredRun: Hashable, Sendable {
    /// Of the key, as the version has it.
    public var ordinal: UInt32
    public var rows: Int
    /// What the owner released of them, whether or not the reader asked for it.
    public var fields: FieldSet
    /// In which the key was the owner's, if it is divided by time.
    public var period: DataSpan?

    public init(ordinal: UInt32, rows: Int, fields: FieldSet, period: DataSpan? = nil) {
        self.ordinal = ordinal
        self.rows = rows
        self.fields = fields
        self.period = period
    }
}

/// Where a stream stands: the next row, in the order in which rows are stored, and what was sent.
struct ReadPosition: Hashable, Sendable {
    var segment = 0
    var block = 0
    var row = 0
    var sent = 0
    /// How many retractions were sent.
    var retracted = 0
}
