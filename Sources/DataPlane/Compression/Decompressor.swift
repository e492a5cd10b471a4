public import Model

/// Unpacks a file as it comes: push received bytes, then pull unpacked pieces until there is none.
///
/// A piece holds at most `maximumPieceBytes`, however much a few bytes stand for. For example:
///
///     var decompressor = try Decompressor(.gzip)
///     decompressor.push(bytes)
///     while let piece = try decompressor.pull() { scan(piece) }
///     try decompressor.finish()
public struct Decompressor: ~Copyable {
    static let maximumPieceBytes = 256 << 10

    private let coding: ContentCoding
    /// Nil where nothing is packed.
    private let decoder: (any StreamDecoder)?
    private var input: [UInt8] = []
    private var position = 0
    private var isStalled = true
    /// Of the file as received: what was unpacked so far.
    private(set) var takenBytes = 0

    /// - Throws: `RetryableFault` if there is no memory for it.
    public init(_ coding: ContentCoding) throws {
        self.coding = coding
        do {
            decoder =
                switch coding {
                case .identity: nil
                case .gzip: try GzipDecoder()
                case .zstd: try ZstdDecoder()
                }
        } catch {
            throw Self.fault(error.fault, coding, at: 0)
        }
    }

    /// Gives the next bytes of the file. Everything of those before must have been pulled.
    public mutating func push(_ bytes: [UInt8]) {
        assert(position == input.count)
        (input, position, isStalled) = (bytes, 0, bytes.isEmpty)
    }

    /// The next piece, never empty; nil if more bytes are needed.
    /// - Throws: `ClientFault` of kind unprocessable, with the place; `RetryableFault`.
    public mutating func pull() throws -> [UInt8]? {
        guard let decoder else { return pullPlain() }
        while !isStalled {
            let step = try decode(decoder)
            position += step.taken
            takenBytes += step.taken
            isStalled = step.taken == 0 && step.output.isEmpty
            if !step.output.isEmpty { return step.output }
        }
        guard position == input.count else {
            throw Self.fault(.damaged, coding, at: takenBytes)
        }
        return nil
    }

    /// Tells that the file has ended; everything was pulled.
    /// - Throws: `ClientFault` if something is missing.
    public func finish() throws(ClientFault) {
        guard let decoder, !decoder.mayEnd else { return }
        throw ClientFault(
            .unprocessable, "truncated_\(coding.rawValue)",
            "the \(coding.rawValue) data is cut short: it ends after byte \(takenBytes) of the file",
            remedy: "check that the file is whole, and send it again")
    }

    private mutating func pullPlain() -> [UInt8]? {
        guard !isStalled else { return nil }
        (isStalled, position) = (true, input.count)
        takenBytes += input.count
        return input
    }

    private func decode(_ decoder: any StreamDecoder) throws -> DecodingStep {
        do {
            return try decoder.decode(input, from: position, capacity: Self.maximumPieceBytes)
        } catch {
            throw Self.fault(error.fault, coding, at: takenBytes + error.taken)
        }
    }
}
