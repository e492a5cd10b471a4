import COpenSSL

/// Randomness for keys, salts, nonces and identifiers: OpenSSL's generator, seeded by the operating system.
public enum SecureRandom {
    /// `count` unpredictable bytes.
    ///
    /// Traps if the source fails: every secret and every salt would become guessable, and no caller could do
    /// anything about it but stop.
    public static func bytes(_ count: Int) -> [UInt8] {
        precondition(count >= 0, "a negative number of random bytes")
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            guard let start = buffer.baseAddress, count > 0 else { return }
            precondition(
                RAND_bytes_ex(nil, start, count, 0) == 1, "the operating system gives no randomness")
            filled = count
        }
    }
}
