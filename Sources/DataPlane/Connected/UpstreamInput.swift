/// The bytes of an upstream that are not done with yet, in pieces as they came.
struct UpstreamInput: Sendable {
    /// Chunks that are smaller are put together: a piece costs more than its bytes.
    private static let minimumPieceBytes = 64 << 10

    private(set) var pieces: [[UInt8]] = []
    private(set) var hasEnded = false
    /// Whether nobody has looked at the last piece yet, so that it may still grow.
    private var isGrowing = false

    mutating func append(_ chunk: [UInt8]) {
        guard !chunk.isEmpty else { return }
        if isGrowing, pieces[pieces.count - 1].count + chunk.count <= Self.minimumPieceBytes {
            pieces[pieces.count - 1] += chunk
        } else {
            pieces.append(chunk)
            isGrowing = true
        }
    }

    mutating func end() { hasEnded = true }

    /// From now on pieces stay as they are.
    mutating func close() { isGrowing = false }

    /// How many there are between two cursors.
    func bytes(from start: UpstreamCursor, to end: UpstreamCursor) -> Int {
        pieces[start.piece..<end.piece].reduce(end.position - start.position) { $0 + $1.count }
    }

    mutating func drop(_ count: Int) { pieces.removeFirst(count) }
}
