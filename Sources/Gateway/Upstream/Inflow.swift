/// An upstream that has begun to come in.
struct Inflow: Sendable {
    /// Behind nothing, with what has come so far.
    let start: RowCursor
    let reader: UpstreamReader
}
