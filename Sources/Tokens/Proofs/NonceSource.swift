import Cryptography
public import Model

/// Gives nonces for DPoP proofs (RFC 9449 sections 8 and 9) and knows its own again, without remembering any.
///
/// Time is cut in windows. A nonce is a code over its window's number that nobody makes without the key, and
/// is good in its window and the next: for one to two lengths of a window. All clients get the same one;
/// that a proof is used once is for `ReplayGuard` to see to.
public struct NonceSource: Sendable {
    private static let byteCount = 16
    private let key: [UInt8]
    private let windowMilliseconds: Int64

    /// - Parameters:
    ///   - key: 32 secret random bytes for this and nothing else, new for every process: the proofs that one
    ///     process has seen are unknown to the next, so their nonces must be too.
    ///   - windowSeconds: 1 to 3600.
    public init(key: [UInt8], windowSeconds: Int = 60) {
        precondition(key.count == 32, "the key of nonces has 32 bytes")
        precondition((1...3600).contains(windowSeconds), "a window of nonces has 1 to 3600 seconds")
        self.key = key
        windowMilliseconds = Int64(windowSeconds) * 1000
    }

    /// The nonce to give out at `time`.
    public func current(at time: Instant) -> String { Base64.encodeURL(nonce(of: window(at: time))) }

    /// The window that a nonce is of; nil unless that is the one of `time` or the one before.
    public func window(of nonce: String, at time: Instant) -> Int64? {
        guard let bytes = Base64.decodeURL(nonce) else { return nil }
        let current = window(at: time)
        return [current, current - 1].first { ConstantTime.areEqual(self.nonce(of: $0), bytes) }
    }

    /// The number of the window of `time`, also before 1970.
    public func window(at time: Instant) -> Int64 {
        let (quotient, rest) = time.milliseconds.quotientAndRemainder(dividingBy: windowMilliseconds)
        return rest < 0 ? quotient - 1 : quotient
    }

    private func nonce(of window: Int64) -> [UInt8] {
        let number = UInt64(bitPattern: window)
        let message = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }
        return Array(HMACSHA256.authenticate(message, key: key).prefix(Self.byteCount))
    }
}
