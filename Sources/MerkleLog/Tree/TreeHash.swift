import Model

/// The hash of a leaf, a node or a whole tree: 32 bytes of SHA-256 (RFC 9162 section 2.1.1).
///
/// Kept as four words, so that millions of them lie side by side without an allocation each.
public struct TreeHash: Hashable, Sendable {
    public static let sizeBytes = 32

    private var first: UInt64, second: UInt64, third: UInt64, fourth: UInt64

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
        first = Self.word(bytes, at: offset)
        second = Self.word(bytes, at: offset + 8)
        third = Self.word(bytes, at: offset + 16)
        fourth = Self.word(bytes, at: offset + 24)
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
        Self.write(first, to: &output, at: offset)
        Self.write(second, to: &output, at: offset + 8)
        Self.write(third, to: &output, at: offset + 16)
        Self.write(fourth, to: &output, at: offset + 24)
    }

    private static func write(_ word: UInt64, to output: inout [UInt8], at offset: Int) {
        for position in 0..<8 {
            output[offset + position] = UInt8(truncatingIfNeeded: word &>> UInt64(56 - 8 * position))
        }
    }

    private static func word(_ bytes: [UInt8], at offset: Int) -> UInt64 {
        var word: UInt64 = 0
        for position in offset..<offset + 8 { word = word << 8 | UInt64(bytes[position]) }
        return word
    }
}

extension TreeHash: CustomStringConvertible {
    /// The Base64 form.
    public var description: String { base64 }
}
