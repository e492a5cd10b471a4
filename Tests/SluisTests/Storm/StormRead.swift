import Model

/// One read of the storm as its reader knows it.
struct StormRead: Sendable {
    /// How it ended for the reader.
    enum End: Sendable {
        /// With trailers: the whole answer, or as much as the hub sent of it.
        case told(status: String, completion: Int64, salt: [UInt8])
        /// The reader hung up.
        case hungUp
    }

    /// The answer before, of which this is a part.
    struct Part: Sendable {
        /// Of the first byte that was asked for.
        var start: Int
        var wholeBytes: Int
        var wholePieces: [StormPiece]
    }

    /// How far a reader was when.
    struct Step: Sendable {
        var at: Instant
        var bytes: Int
    }

    var query: StormQuery
    var began: Instant
    var ended: Instant
    /// The index of the entry of its decision.
    var decision: Int64
    var end: End
    /// Of the body before content coding.
    var bytes: Int
    var digest: [UInt8]
    /// The rows that came whole; of a part none.
    var pieces: [StormPiece]
    var part: Part?
    /// Of what was not coded.
    var steps: [Step]
    /// What the reader found wrong.
    var faults: [String]
}
