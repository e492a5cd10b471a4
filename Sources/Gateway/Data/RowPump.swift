internal import Consent
internal import Cryptography
internal import DataPlane
internal import Model

/// What an answer has sent so far: rows, offsets, epochs, digests. It assembles, cuts out the part that is
/// asked for, codes and accounts; it does no I/O.
struct RowPump {
    typealias Piece = RowCursor.Piece

    private let format: OutputFormat
    /// Nil for all.
    private let part: Range<Int>?
    private var cursor: RowCursor
    private var coder: BodyCoder?
    private var rows = 0
    private var bytes = 0
    /// `[epoch, offset of the first byte sent under it]`.
    private var epochs: [(epoch: Int64, firstByte: Int)] = []
    private var delivered = DeliveryCount()
    private var digest: SHA256Stream?

    /// - Parameters:
    ///   - part: which bytes are to be sent; nil for all. Parts are of what is not coded.
    ///   - start: not behind the piece in which they begin; nil for the beginning.
    /// - Throws: `RetryableFault` if there is no memory to code it.
    init(_ read: DataRead, part: BodyPart? = nil, from start: RowCursor? = nil) throws {
        precondition(part == nil || read.coding == .identity)
        format = read.format
        self.part = part?.bytes
        cursor = start ?? RowCursor(read.rows)
        digest = read.makesDigest ? SHA256Stream() : nil
        coder = try BodyCoder(read.coding, makesDigest: read.makesDigest)
    }

    /// The next piece under this view; nil when all is sent but for what a coding ends with, and while an
    /// upstream has to send more first.
    ///
    /// Nothing is accounted yet: what is not written can be dropped and assembled anew.
    mutating func next(_ view: AgreementGate.View?) throws -> Piece? {
        isPartSent ? nil : try cursor.next(view)
    }

    /// Whether nothing follows, if the next piece is nil.
    var isAtEnd: Bool { isPartSent || cursor.isAtEnd }

    /// Whether more of the upstream is wanted; never without one.
    var wantsInput: Bool { cursor.wantsInput }

    /// Of the upstream, what came and is not done with.
    var unreadBytes: Int { cursor.unreadBytes }

    /// - Returns: false if there is nothing to take.
    mutating func feed(_ taken: UpstreamReader.Taken) -> Bool { cursor.feed(taken) }

    /// Whether nothing more is wanted, whatever there is.
    var isPartSent: Bool { part.map { cursor.offset >= $0.upperBound } ?? false }

    /// Accounts for a piece that is being handed to the kernel.
    ///
    /// - Returns: the bytes to hand over: none of a piece that lies before the part.
    mutating func account(_ piece: Piece) throws -> [UInt8] {
        let wanted = wantedBytes(of: piece)
        cursor.pass(piece)
        guard !wanted.isEmpty else { return [] }
        let isWhole = wanted == piece.bytes.indices
        let sent = isWhole ? piece.bytes : Array(piece.bytes[wanted])
        let coded = try coder?.code(sent) ?? sent
        if let epoch = piece.epoch, epochs.last?.epoch != epoch { epochs.append((epoch, bytes)) }
        digest?.update(sent)
        bytes += sent.count
        if let block = piece.block {
            let runs = isWhole ? block.delivered : block.delivered(in: wanted, format)
            rows += isWhole ? block.rows : block.rows(in: wanted, format).count
            for run in runs { delivered.add(run) }
        }
        return coded
    }

    /// What the coding ends with, once, when all pieces went; nil if there is nothing.
    mutating func end() throws -> [UInt8]? { coder?.isEnded == false ? try coder?.end() : nil }

    /// All that was accounted for. Once, at the end.
    mutating func sent(_ status: AccessEntries.Status) -> Sent {
        let bodyDigest = digest?.finalize()
        return Sent(
            status: status, rows: rows, bytes: bytes, bodyDigest: bodyDigest,
            contentDigest: coder.map { _ in coder?.finalize() } ?? bodyDigest, isPart: part != nil,
            epochs: epochs,
            delivered: delivered)
    }

    /// Which bytes of a piece are of the part, by position in it.
    private func wantedBytes(of piece: Piece) -> Range<Int> {
        guard let part else { return piece.bytes.indices }
        let here = part.lowerBound - cursor.offset..<part.upperBound - cursor.offset
        return here.clamped(to: piece.bytes.indices)
    }
}
