import Model

/// Unpacks a file as it is received, within the limits of its shape.
///
/// What comes out is lent a bounded piece at a time, so that a few bytes that stand for very many cost
/// neither memory nor, beyond the limits, disk.
struct FileUnpacker: ~Copyable {
    /// Up to here a file may hold as much more than was received as it likes.
    private static let freeBytes = 64 << 20
    /// Of what comes out, or is stored, over what was received: gzip reaches it only with one byte repeated.
    private static let maximumRatio = 1_000

    private let shape: IngestShape
    private var decompressor: Decompressor
    private var receivedBytes = 0
    private var decodedBytes = 0
    private var storedBytes = 0

    init(_ shape: IngestShape) throws {
        self.shape = shape
        decompressor = try Decompressor(shape.coding)
    }

    /// Takes the next received bytes; `next` then gives what they hold.
    /// - Throws: `ClientFault` of kind too large.
    mutating func push(_ bytes: [UInt8]) throws(ClientFault) {
        receivedBytes += bytes.count
        guard receivedBytes <= shape.maximumBytes else {
            throw ClientFault(
                .tooLarge, "too_large", "the file is larger than \(shape.maximumBytes) bytes",
                remedy: "split it")
        }
        decompressor.push(bytes)
    }

    /// The next piece of the file; nil if more bytes are needed.
    /// - Throws: `ClientFault` for damaged data (422) or too much of it (413); `RetryableFault`.
    mutating func next() throws -> [UInt8]? {
        guard let piece = try decompressor.pull() else { return nil }
        decodedBytes += piece.count
        guard decodedBytes <= shape.maximumDecodedBytes else {
            throw ClientFault(
                .tooLarge, "too_large",
                "the unpacked file is larger than \(shape.maximumDecodedBytes) bytes", remedy: "split it")
        }
        try checkRatio(decodedBytes, "unpacks to")
        return piece
    }

    /// Tells how many bytes a row takes that came out: a line of NDJSON may leave out a thousand members.
    /// - Throws: `ClientFault` of kind too large.
    mutating func store(_ count: Int) throws(ClientFault) {
        storedBytes += count
        try checkRatio(storedBytes, "is stored as")
    }

    /// Tells that the file has ended.
    func finish() throws(ClientFault) { try decompressor.finish() }

    @inline(__always)
    private func checkRatio(_ count: Int, _ what: String) throws(ClientFault) {
        if count > Self.freeBytes, count / Self.maximumRatio > decompressor.takenBytes {
            throw bomb(count, what)
        }
    }

    private func bomb(_ count: Int, _ what: String) -> ClientFault {
        ClientFault(
            .tooLarge, "decompression_bomb",
            "the file \(what) more than 1,000 times what was received",
            found: "\(count) bytes out of \(decompressor.takenBytes)",
            expected: "at most \(Self.maximumRatio) bytes for each one received, beyond \(Self.freeBytes)",
            remedy: "send the file unpacked, or in parts")
    }
}
