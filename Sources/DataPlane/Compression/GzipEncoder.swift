import CZlib

/// Packs as gzip (RFC 1952) with zlib.
@safe final class GzipEncoder: StreamEncoder {
    private static let pieceBytes = 64 << 10

    private let stream: UnsafeMutablePointer<z_stream>

    /// Nil if there is no memory.
    init?(level: Int) {
        unsafe stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe sluis_gzip_encoder_init(stream, Int32(level)) == Z_OK else {
            unsafe stream.deallocate()
            return nil
        }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    func encode(_ bytes: [UInt8], flush: Compressor.Flush) -> [UInt8]? {
        let mode =
            switch flush {
            case .none: Z_NO_FLUSH
            case .block: Z_SYNC_FLUSH
            case .end: Z_FINISH
            }
        var output: [UInt8] = []
        var position = 0
        while true {
            let step = step(bytes, from: position, mode)
            position += step.taken
            output += step.output
            guard [Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(step.status) else { return nil }
            // Room left over says that nothing more is to come.
            if step.output.count < Self.pieceBytes, position == bytes.count { break }
        }
        if flush == .end, unsafe deflateReset(stream) != Z_OK { return nil }
        return output
    }

    private func step(
        _ bytes: [UInt8], from start: Int, _ mode: Int32
    ) -> (status: Int32, taken: Int, output: [UInt8]) {
        var status = Z_OK
        var taken = 0
        let output = unsafe [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
            unsafe bytes.withUnsafeBufferPointer { input in
                let rest = min(input.count - start, Int(UInt32.max))
                unsafe stream.pointee.next_in = unsafe input.baseAddress.map {
                    unsafe UnsafeMutablePointer(mutating: $0 + start)
                }
                unsafe stream.pointee.avail_in = UInt32(rest)
                unsafe stream.pointee.next_out = buffer.baseAddress
                unsafe stream.pointee.avail_out = UInt32(Self.pieceBytes)
                unsafe status = deflate(stream, mode)
                unsafe taken = rest - Int(stream.pointee.avail_in)
                unsafe stream.pointee.next_in = nil
            }
            unsafe count = Self.pieceBytes - Int(stream.pointee.avail_out)
            unsafe stream.pointee.next_out = nil
        }
        return (status, taken, output)
    }
}
