internal import Cryptography
internal import DataPlane

/// Codes a body as it is sent.
///
/// Each piece comes out whole, so that nothing of a block waits for the next one. What went in cannot be
/// taken out: only what is being handed to the kernel may go in.
struct BodyCoder {
    private let compressor: Compressor
    private var digest: SHA256Stream?
    private(set) var isEnded = false

    /// Nil where nothing is coded.
    /// - Parameter makesDigest: of what comes out.
    /// - Throws: `RetryableFault` if there is no memory for it.
    init?(_ coding: ContentCoding, makesDigest: Bool) throws {
        guard coding != .identity else { return nil }
        compressor = try Compressor(coding)
        digest = makesDigest ? SHA256Stream() : nil
    }

    mutating func code(_ bytes: [UInt8]) throws -> [UInt8] {
        bytes.isEmpty ? [] : digested(try compressor.compress(bytes, flush: .block))
    }

    /// What comes behind the last piece.
    mutating func end() throws -> [UInt8] {
        isEnded = true
        return digested(try compressor.compress([], flush: .end))
    }

    /// SHA-256 of all that came out; nil if none is made. Once, at the end.
    mutating func finalize() -> [UInt8]? { digest?.finalize() }

    private mutating func digested(_ coded: [UInt8]) -> [UInt8] {
        digest?.update(coded)
        return coded
    }
}
