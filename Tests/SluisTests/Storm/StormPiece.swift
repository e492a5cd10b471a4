/// A row as it came.
struct StormPiece: Sendable {
    /// Of its first byte, in the body before content coding.
    let offset: Int32
    /// -1 if nothing tells: then only its key came.
    let row: Int32
    let key: UInt16
    let fields: StormFields
}
