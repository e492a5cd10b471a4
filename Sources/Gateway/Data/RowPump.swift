internal import Consent
internal import Cryptography
internal import DataPlane
internal import Model

/// What a download has sent so far: rows, offsets, epochs, digest. It assembles and accounts; it does no I/O.
struct RowPump {
    private(set) var rows = 0
    private(set) var bytes = 0
    /// `[epoch, offset of the first byte sent under it]`.
    private(set) var epochs: [(epoch: Int64, firstByte: Int)] = []
    /// Rows by owner ordinal, in the order of the stream: rows are clustered by owner.
    private(set) var delivered: [DeliveredRun] = []
    private var stream: RowStream
    private var digest = SHA256Stream()
    private var isHeaderSent = false

    init(_ stream: RowStream) { self.stream = stream }

    /// The next bytes under this view: first the header, then a block at a time; nil at the end.
    ///
    /// Nothing is accounted yet: what is not written can be dropped and assembled anew.
    func next(_ view: AgreementGate.View?) throws -> Piece? {
        if !isHeaderSent { return Piece(bytes: stream.header, block: nil, epoch: view?.epoch) }
        return try stream.assemble(view?.filter).map { Piece(bytes: $0.bytes, block: $0, epoch: view?.epoch) }
    }

    /// Accounts for a piece that is being handed to the kernel.
    mutating func account(_ piece: Piece) {
        if let epoch = piece.epoch, !piece.bytes.isEmpty, epochs.last?.epoch != epoch {
            epochs.append((epoch, bytes))
        }
        digest.update(piece.bytes)
        bytes += piece.bytes.count
        isHeaderSent = true
        guard let block = piece.block else { return }
        rows += block.rows
        for run in block.delivered {
            if let last = delivered.last, last.ordinal == run.ordinal {
                delivered[delivered.count - 1].rows += run.rows
                // If the grant was changed in between, some rows went in the one set of fields, some in
                // the other.
                if last.fields != run.fields {
                    delivered[delivered.count - 1].fields.formUnion(run.fields)
                }
            } else {
                delivered.append(run)
            }
        }
        stream.advance(past: block)
    }

    /// SHA-256 of all that was accounted for. Once, at the end.
    mutating func finalDigest() -> [UInt8] { digest.finalize() }

    struct Piece {
        let bytes: [UInt8]
        let block: Block?
        let epoch: Int64?
    }
}
