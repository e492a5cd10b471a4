import Cryptography
import Model

/// The hash of a leaf, a node or a whole tree: 32 bytes of SHA-256 (RFC 9162 section 2.1.1).
///
/// Kept as four words, so that millions of them lie side by side without an allocation each.
public struct TreeHash: Hashable, Sendable {
    public static let sizeBytes = 32

    let digest: SHA256.Digest

    init(_ digest: SHA256.Digest) { self.digest = digest }

    /// Nil unless `bytes` are exactly 32.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.sizeBytes else { return nil }
        self.init(bytes, at: 0)
    }

    /// Nil unless `base64` is the one padded standard Base64 of 32 bytes.
    public init?(base64: some StringProtocol) {
        guard let bytes = Base64.decode(base64) else { return nil }
        self.init(bytes)
    }

    /// The 32 bytes from `offset`, which must be there.
    init(_ bytes: [UInt8], at offset: Int) {
        let own = bytes.span.extracting(offset..<offset + Self.sizeBytes)
        digest = SHA256.Digest(
            own.bigEndianWord(at: 0), own.bigEndianWord(at: 8), own.bigEndianWord(at: 16),
            own.bigEndianWord(at: 24))
    }

    public var bytes: [UInt8] {
        var output = [UInt8](repeating: 0, count: Self.sizeBytes)
        write(to: &output, at: 0)
        return output
    }

    /// Standard Base64 with padding, as checkpoints and proofs write it.
    public var base64: String { Base64.encode(bytes) }

    /// Writes the 32 bytes over those from `offset`, which must be there.
    func write(to output: inout [UInt8], at offset: Int) {
        var span = output.mutableSpan
        span.write(digest.first, at: offset)
        span.write(digest.second, at: offset + 8)
        span.write(digest.third, at: offset + 16)
        span.write(digest.fourth, at: offset + 24)
    }
}

extension TreeHash: CustomStringConvertible {
    /// The Base64 form.
    public var description: String { base64 }
}

extension Span<UInt8> {
    /// The eight bytes from `offset`, which must be there, the most significant first.
    @inline(__always)
    func bigEndianWord(at offset: Int) -> UInt64 {
        // Where the compiler knows the length, it turns the eight reads into one; it learns it from the
        // precondition, and only here, even in loops.
        let own = extracting(offset..<offset &+ 8)
        precondition(own.count == 8, "eight bytes are read")
        let high =
            UInt64(own[0]) << 56 | UInt64(own[1]) << 48 | UInt64(own[2]) << 40 | UInt64(own[3]) << 32
        let low = UInt64(own[4]) << 24 | UInt64(own[5]) << 16 | UInt64(own[6]) << 8 | UInt64(own[7])
        return high | low
    }
}

extension MutableSpan<UInt8> {
    /// Writes eight bytes over those from `offset`, which must be there, the most significant first.
    fileprivate mutating func write(_ word: UInt64, at offset: Int) {
        for position in 0..<8 {
            self[offset + position] = UInt8(truncatingIfNeeded: word &>> UInt64(56 - 8 * position))
        }
    }
}
