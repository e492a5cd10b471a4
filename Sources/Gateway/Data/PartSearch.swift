internal import Consent
internal import DataPlane
internal import NIOCore

/// Finds a part of an answer that is too long to be assembled whole.
///
/// It assembles what lies before the part, and as far as the part's end depends on it what lies behind;
/// nothing of that is kept or sent.
struct PartSearch: Sendable {
    /// How many pieces are assembled before other tasks get their turn.
    private static let piecesPerTurn = 8

    struct Found: Sendable {
        let part: BodyPart
        /// In front of the piece in which the part begins.
        let start: RowCursor
    }

    private struct Place: Sendable {
        var cursor: RowCursor
        var isEnd: Bool
    }

    let read: DataRead

    /// - Returns: nil if the filter has changed: then the part is one of another answer.
    /// - Throws: `UnsatisfiableRange`; `CancellationError` if the reader has gone.
    func find(_ range: ByteRange) async throws -> Found? {
        let all = RowCursor(read.rows)
        switch range {
        case .from(let first, let last):
            guard let start = try await place(of: first, from: all) else { return nil }
            if start.isEnd { throw UnsatisfiableRange(totalBytes: start.cursor.offset) }
            guard let end = try await place(of: last ?? .max, from: start.cursor) else { return nil }
            guard let last, !end.isEnd else {
                let part = try BodyPart(range, ofTotal: end.cursor.offset)
                return Found(part: part, start: start.cursor)
            }
            return Found(part: BodyPart(bytes: first..<last + 1, ofTotal: nil), start: start.cursor)
        case .last:
            guard let end = try await place(of: .max, from: all) else { return nil }
            let part = try BodyPart(range, ofTotal: end.cursor.offset)
            guard let start = try await place(of: part.bytes.lowerBound, from: all) else { return nil }
            return Found(part: part, start: start.cursor)
        }
    }

    /// In front of the piece that holds the byte at `offset`, or at the end if none does; nil if the filter
    /// has changed.
    private func place(of offset: Int, from cursor: RowCursor) async throws -> Place? {
        var cursor = cursor
        var pieces = 0
        while let piece = try cursor.next(read.plan.view) {
            guard read.isCurrent else { return nil }
            if offset - cursor.offset < piece.bytes.count { return Place(cursor: cursor, isEnd: false) }
            cursor.pass(piece)
            pieces += 1
            guard pieces % Self.piecesPerTurn == 0 else { continue }
            try Task.checkCancellation()
            guard read.channel.isActive else { throw CancellationError() }
            await Task.yield()
        }
        return read.isCurrent ? Place(cursor: cursor, isEnd: true) : nil
    }
}
