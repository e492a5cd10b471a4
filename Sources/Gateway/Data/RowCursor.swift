internal import Consent
internal import DataPlane

/// Walks through an answer before content coding: first the header, then a block at a time. A value: a copy
/// stays where it is.
struct RowCursor: Sendable {
    struct Piece: Sendable {
        let bytes: [UInt8]
        /// Nil for the header.
        let block: Block?
        let epoch: Int64?
    }

    private var rows: ReadRows
    private var isHeaderPassed = false
    /// How many bytes lie before the next piece.
    private(set) var offset = 0

    init(_ rows: ReadRows) { self.rows = rows }

    /// The next piece under this view; nil at the end, and while an upstream has to send more first. It does
    /// not move on: the piece can be dropped and assembled anew.
    mutating func next(_ view: AgreementGate.View?) throws -> Piece? {
        if !isHeaderPassed { return Piece(bytes: rows.header, block: nil, epoch: view?.epoch) }
        return try rows.assemble(view?.filter).map { Piece(bytes: $0.bytes, block: $0, epoch: view?.epoch) }
    }

    mutating func pass(_ piece: Piece) {
        isHeaderPassed = true
        offset += piece.bytes.count
        if let block = piece.block { rows.advance(past: block) }
    }
    // MARK: An upstream

    /// Whether more of the upstream is wanted; never without one.
    var wantsInput: Bool { rows.wantsInput }

    /// Whether nothing follows, if the next piece is nil.
    var isAtEnd: Bool { rows.isAtEnd }

    /// Of the upstream, what came and is not done with.
    var unreadBytes: Int { rows.unreadBytes }

    /// Takes what there is to take.
    ///
    /// - Returns: false if that is nothing.
    mutating func feed(_ taken: UpstreamReader.Taken) -> Bool {
        switch taken {
        case .chunks(let chunks): for chunk in chunks { rows.feed(chunk) }
        case .end: rows.finish()
        case .nothing: return false
        }
        return true
    }

    /// Assembles the first block, for its faults alone.
    ///
    /// - Returns: whether it has a row, or nothing follows.
    func isFirstBlockThere(_ view: AgreementGate.View?) throws -> Bool {
        var rows = rows
        return try (rows.assemble(view?.filter)?.rows ?? 0) > 0 || rows.isAtEnd
    }
}
