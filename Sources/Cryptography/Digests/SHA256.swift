import COpenSSL

/// SHA-256 (FIPS 180-4) of bytes that are at hand; `SHA256Stream` takes them piece by piece.
public enum SHA256 {
    /// The length of a digest.
    public static let byteCount = 32

    /// The 32-byte digest of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// The 32-byte digest of `bytes`.
    public static func hash(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// The 32-byte digest of `bytes`, which are read only during the call.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var stream = SHA256Stream()
        stream.update(bytes)
        return stream.finalize()
    }

    /// The 32-byte digest of the byte `prefix`, then `first`, then `second`: a Merkle leaf or node (RFC 6962
    /// section 2.1) without joining the parts in memory.
    public static func hash(prefix: UInt8, _ first: [UInt8], _ second: [UInt8] = []) -> [UInt8] {
        var stream = SHA256Stream()
        withUnsafeBytes(of: prefix) { stream.update($0) }
        stream.update(first)
        stream.update(second)
        return stream.finalize()
    }
}
