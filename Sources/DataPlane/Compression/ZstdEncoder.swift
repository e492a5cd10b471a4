import CZstd

/// Packs as Zstandard (RFC 8878) with libzstd, in windows that every reader of the content coding takes
/// (RFC 9659: 8 MiB).
@safe final class ZstdEncoder: StreamEncoder {
    private static let pieceBytes = 64 << 10

    private let context: OpaquePointer

    /// Nil if there is no memory.
    init?(level: Int) {
        guard let context = unsafe ZSTD_createCCtx() else { return nil }
        unsafe self.context = unsafe context
        unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
        unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
        // The higher levels would use up to 128 MiB.
        if level > 19 {
            unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, ZstdDecoder.windowBits)
        }
    }

    deinit { unsafe ZSTD_freeCCtx(context) }

    func encode(_ bytes: [UInt8], flush: Compressor.Flush) -> [UInt8]? {
        let mode =
            switch flush {
            case .none: ZSTD_e_continue
            case .block: ZSTD_e_flush
            case .end: ZSTD_e_end
            }
        var output: [UInt8] = []
        var position = 0
        while true {
            let step = step(bytes, from: position, mode)
            position += step.taken
            output += step.output
            guard ZSTD_isError(step.result) == 0 else { return nil }
            // The result is what still waits to be flushed.
            if position == bytes.count, flush == .none || step.result == 0 { return output }
        }
    }

    private func step(
        _ bytes: [UInt8], from start: Int, _ mode: ZSTD_EndDirective
    ) -> (result: Int, taken: Int, output: [UInt8]) {
        var result = 0
        var taken = 0
        let output = unsafe [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
            unsafe bytes.withUnsafeBufferPointer { input in
                var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: start)
                var target = unsafe ZSTD_outBuffer(dst: buffer.baseAddress, size: Self.pieceBytes, pos: 0)
                result = unsafe ZSTD_compressStream2(context, &target, &source, mode)
                taken = unsafe source.pos - start
                count = unsafe target.pos
            }
        }
        return (result, taken, output)
    }
}
