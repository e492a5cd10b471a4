import COpenSSL

extension SHA256 {
    /// The 32 bytes of a digest as four words, so that it is passed around without an allocation.
    @frozen
    public struct Digest: Hashable, Sendable {
        /// The words in order, each with its most significant byte first.
        public var first: UInt64, second: UInt64, third: UInt64, fourth: UInt64

        public init(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
            self.first = first
            self.second = second
            self.third = third
            self.fourth = fourth
        }
    }

    /// The digest of `bytes`. Allocates nothing.
    public static func digest(_ bytes: Span<UInt8>) -> Digest {
        var context = SHA256_CTX()
        sluis_sha256_start(&context)
        return digest(&context, bytes)
    }

    /// The digest of the byte `prefix`, then `bytes`: a Merkle leaf (RFC 6962 section 2.1). Allocates
    /// nothing.
    public static func digest(prefix: UInt8, _ bytes: Span<UInt8>) -> Digest {
        var context = SHA256_CTX()
        sluis_sha256_start(&context)
        withUnsafeBytes(of: prefix) { sluis_sha256_update(&context, $0.baseAddress, 1) }
        return digest(&context, bytes)
    }

    private static func digest(_ context: inout SHA256_CTX, _ bytes: Span<UInt8>) -> Digest {
        bytes.withUnsafeBytes { buffer in
            // OpenSSL takes no null pointer, which the address of nothing may be.
            if let start = buffer.baseAddress, !buffer.isEmpty {
                sluis_sha256_update(&context, start, buffer.count)
            }
        }
        var words = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        withUnsafeMutableBytes(of: &words) { buffer in
            sluis_sha256_finish(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
        }
        return Digest(words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    }

    /// The digest of the byte `prefix`, then `left`, then `right`: a Merkle node (RFC 6962 section 2.1).
    /// Allocates nothing.
    ///
    /// The message always has 65 bytes, so its two blocks are laid out here with their padding (FIPS 180-4
    /// section 5.1.1), and the state after them is the digest: a third less work than the general way.
    public static func digest(prefix: UInt8, _ left: Digest, _ right: Digest) -> Digest {
        var blocks = (
            (UInt64(prefix) << 56 | left.first >> 8).bigEndian,
            (left.first << 56 | left.second >> 8).bigEndian,
            (left.second << 56 | left.third >> 8).bigEndian,
            (left.third << 56 | left.fourth >> 8).bigEndian,
            (left.fourth << 56 | right.first >> 8).bigEndian,
            (right.first << 56 | right.second >> 8).bigEndian,
            (right.second << 56 | right.third >> 8).bigEndian,
            (right.third << 56 | right.fourth >> 8).bigEndian,
            (right.fourth << 56 | 0x80 << 48).bigEndian,
            UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0),
            UInt64(65 * 8).bigEndian
        )
        var context = SHA256_CTX()
        sluis_sha256_start(&context)
        withUnsafeBytes(of: &blocks) { sluis_sha256_update(&context, $0.baseAddress, $0.count) }
        let state = context.h
        return Digest(
            word(state.0, state.1), word(state.2, state.3), word(state.4, state.5), word(state.6, state.7))
    }

    private static func word(_ high: UInt32, _ low: UInt32) -> UInt64 { UInt64(high) << 32 | UInt64(low) }
}
