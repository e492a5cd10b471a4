/// A row as `RowEncoder` encodes it, among others: where its record lies, and whose it is.
struct EncodedRow: BitwiseCopyable, Sendable {
    var start: UInt32
    var length: UInt32
    /// Its place in the order of arrival, from the segment's first.
    var sequence: UInt32
    var owner: UInt32
}
