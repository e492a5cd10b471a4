import COpenSSL

/// Comparison of secrets: the time it takes tells nothing about where two values differ.
public enum ConstantTime {
    /// Whether `a` and `b` are the same bytes. Only their lengths, which are never secret here, show in the
    /// time.
    public static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
    }
}
