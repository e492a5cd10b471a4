import Cryptography

/// What is remembered of something that was used: the first 16 bytes of SHA-256 over its parts.
///
/// Another with the same mark is not found in 2^128 tries; who makes two himself, in 2^64, can use only one
/// of them.
struct ReplayMark: Hashable, Sendable {
    private let high: UInt64, low: UInt64

    /// Each part goes in after its length, so that no others read as the same.
    init(_ parts: [[UInt8]]) {
        var message: [UInt8] = []
        for part in parts {
            let count = UInt64(part.count)
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                message.append(UInt8(truncatingIfNeeded: count >> shift))
            }
            message += part
        }
        let digest = SHA256.digest(message.span)
        (high, low) = (digest.first, digest.second)
    }
}
