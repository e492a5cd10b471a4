import COpenSSL

/// An ECDSA signature between its two forms: DER (RFC 3279) and r then s (IEEE P1363, RFC 7518).
enum ECDSASignature {
    /// DER of a signature of twice so many bytes as a coordinate has; nil for any other length. Whether r and
    /// s are in range is checked when the signature is.
    static func der(p1363 signature: [UInt8], coordinateBytes size: Int = 32) -> [UInt8]? {
        guard signature.count == 2 * size, let pair = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(pair) }
        let numbers = signature.withUnsafeBufferPointer { bytes in
            (
                BN_bin2bn(bytes.baseAddress, Int32(size), nil),
                BN_bin2bn(bytes.baseAddress.map { $0 + size }, Int32(size), nil)
            )
        }
        guard let r = numbers.0, let s = numbers.1, ECDSA_SIG_set0(pair, r, s) == 1 else {
            BN_free(numbers.0)
            BN_free(numbers.1)
            return nil
        }
        return DER.bytes { i2d_ECDSA_SIG(pair, $0) }
    }

    /// The 64-byte form of a DER signature on P-256; nil if it is not one, or if r or s is longer than 32
    /// bytes.
    static func p1363(der signature: [UInt8]) -> [UInt8]? {
        let pair = DER.value(of: signature, { d2i_ECDSA_SIG(nil, $0, $1) }, free: ECDSA_SIG_free)
        guard let pair else { return nil }
        defer { ECDSA_SIG_free(pair) }
        var output = [UInt8](repeating: 0, count: 64)
        let isWritten = output.withUnsafeMutableBufferPointer { buffer in
            BN_bn2binpad(ECDSA_SIG_get0_r(pair), buffer.baseAddress, 32) == 32
                && BN_bn2binpad(ECDSA_SIG_get0_s(pair), buffer.baseAddress.map { $0 + 32 }, 32) == 32
        }
        return isWritten ? output : nil
    }
}
