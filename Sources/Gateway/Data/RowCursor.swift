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

    private var stream: RowStream
    private var isHeaderPassed = false
    /// How many bytes lie before the next piece.
    private(set) var offset = 0

    init(_ stream: RowStream) { self.stream = stream }

    /// The next piece under this view; nil at the end. It does not move on: the piece can be dropped and
    /// assembled anew.
    func next(_ view: AgreementGate.View?) throws -> Piece? {
        if !isHeaderPassed { return Piece(bytes: stream.header, block: nil, epoch: view?.epoch) }
        return try stream.assemble(view?.filter).map { Piece(bytes: $0.bytes, block: $0, epoch: view?.epoch) }
    }

    mutating func pass(_ piece: Piece) {
        isHeaderPassed = true
        offset += piece.bytes.count
        if let block = piece.block { stream.advance(past: block) }
    }
}
