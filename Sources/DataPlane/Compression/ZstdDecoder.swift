import CZstd

/// Unpacks Zstandard (RFC 8878) with libzstd, one frame after the other; skippable frames are skipped.
///
/// Refused: a window of more than 8 MiB, as RFC 9659 has it for content codings; dictionaries; the formats
/// before 1.0, which the library may still know.
@safe final class ZstdDecoder: StreamDecoder {
    static let windowBits: Int32 = 23
    private static let headBytes = 4

    private let context: OpaquePointer
    private(set) var mayEnd = false
    private var isFirst = true
    /// The first bytes of a frame, held back until it is clear what it is; nil inside of a frame.
    private var head: [UInt8]? = []

    init() throws(DecodingFailure) {
        guard let context = unsafe ZSTD_createDCtx() else { throw DecodingFailure(fault: .outOfMemory) }
        unsafe self.context = unsafe context
        unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowBits)
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    func decode(
        _ input: [UInt8], from start: Int, capacity: Int
    ) throws(DecodingFailure) -> DecodingStep {
        guard let known = head else { return try run(input, from: start, capacity: capacity) }
        let more = input[start...].prefix(Self.headBytes - known.count)
        guard !more.isEmpty else { return DecodingStep(taken: 0, output: []) }
        let bytes = known + more
        mayEnd = false
        guard Self.isPossible(bytes) else { throw DecodingFailure(fault: isFirst ? .foreign : .trailing) }
        guard bytes.count == Self.headBytes else {
            head = bytes
            return DecodingStep(taken: more.count, output: [])
        }
        (head, isFirst) = (nil, false)
        let step = try run(bytes, from: 0, capacity: capacity)
        // The library takes the head whole: it can do nothing before it has it.
        guard step.taken == bytes.count else { throw DecodingFailure(fault: .damaged) }
        return DecodingStep(taken: more.count, output: step.output)
    }

    /// Whether a frame, or one to skip, begins so (RFC 8878 section 3.1).
    private static func isPossible(_ bytes: [UInt8]) -> Bool {
        let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18]
        return frame.starts(with: bytes) || skippable.starts(with: [bytes[0] & 0xF0] + bytes.dropFirst())
    }

    private func run(
        _ input: [UInt8], from start: Int, capacity: Int
    ) throws(DecodingFailure) -> DecodingStep {
        var result = 0
        var taken = 0
        let output = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            unsafe input.withUnsafeBufferPointer { bytes in
                var source = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: start)
                var target = unsafe ZSTD_outBuffer(dst: buffer.baseAddress, size: capacity, pos: 0)
                result = unsafe ZSTD_decompressStream(context, &target, &source)
                taken = unsafe source.pos - start
                count = unsafe target.pos
            }
        }
        guard ZSTD_isError(result) == 0 else { throw DecodingFailure(fault: Self.fault(result)) }
        if result == 0 { (mayEnd, head) = (true, []) }
        return DecodingStep(taken: taken, output: output)
    }

    private static func fault(_ result: Int) -> DecodingFault {
        switch ZSTD_getErrorCode(result) {
        case ZSTD_error_frameParameter_windowTooLarge: .windowTooLarge
        case ZSTD_error_dictionary_wrong, ZSTD_error_dictionary_corrupted: .dictionary
        case ZSTD_error_memory_allocation: .outOfMemory
        default: .damaged
        }
    }
}
