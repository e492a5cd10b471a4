import COpenSSL

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece.
///
/// A plain value: a copy continues from the same place, independently, so the digest of everything so far is
/// the `finalize()` of a copy.
///
/// For example:
///
///     var stream = SHA256Stream()
///     stream.update(Array("ab".utf8))
///     stream.update(Array("c".utf8))
///     let digest = stream.finalize()  // SHA256.hash(Array("abc".utf8))
public struct SHA256Stream: Sendable {
    private var context = SHA256_CTX()

    /// A stream that has seen no bytes.
    public init() { sluis_sha256_start(&context) }

    /// Takes in `bytes`.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Takes in `bytes`, which are read only during the call.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        sluis_sha256_update(&context, start, bytes.count)
    }

    /// The 32-byte digest of all bytes taken in. The stream then begins anew.
    public mutating func finalize() -> [UInt8] {
        let digest = [UInt8](unsafeUninitializedCapacity: SHA256.byteCount) { buffer, count in
            if let start = buffer.baseAddress { sluis_sha256_finish(start, &context) }
            count = SHA256.byteCount
        }
        sluis_sha256_start(&context)
        return digest
    }
}
