import COpenSSL

/// HMAC (RFC 2104) for JOSE's HS256, HS384 and HS512.
enum HMAC {
    /// Nil if the library cannot make it.
    static func tag(_ message: [UInt8], _ key: [UInt8], _ algorithm: JOSEAlgorithm) -> [UInt8]? {
        defer { ERR_clear_error() }
        var tag = [UInt8](repeating: 0, count: algorithm.digestBytes)
        var length: UInt32 = 0
        let isMade = COpenSSL.HMAC(
            algorithm.digest, key, Int32(clamping: key.count), message, message.count, &tag, &length)
        return isMade != nil && Int(length) == tag.count ? tag : nil
    }
}
