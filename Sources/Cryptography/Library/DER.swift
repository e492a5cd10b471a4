import COpenSSL

/// Reading and writing with OpenSSL's `d2i` and `i2d` functions.
enum DER {
    /// The output of an `i2d` function; nil if it fails.
    static func bytes(_ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) -> [UInt8]? {
        var output: UnsafeMutablePointer<UInt8>?
        let length = write(&output)
        guard length >= 0, let output else { return nil }
        // The encoding may be a private key.
        defer { sluis_clear_free(output, Int(length)) }
        return Array(UnsafeBufferPointer(start: output, count: Int(length)))
    }

    /// What a `d2i` function makes of the whole of `bytes`; nil if it fails or leaves bytes over.
    static func value<Value>(
        of bytes: [UInt8], _ read: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> Value?,
        free: (Value) -> Void
    ) -> Value? {
        bytes.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            guard let start = position, let value = read(&position, buffer.count) else { return nil }
            if position == start + buffer.count { return value }
            free(value)
            return nil
        }
    }
}
