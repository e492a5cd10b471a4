import CZlib

/// Unpacks gzip (RFC 1952) with zlib, one member after the other.
@safe final class GzipDecoder: StreamDecoder {
    /// On the heap, because zlib keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>
    private(set) var mayEnd = false
    private var isFirst = true
    /// Whether no byte of the next member was seen yet.
    private var isAtStart = true

    init() throws(DecodingFailure) {
        unsafe stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe sluis_gzip_decoder_init(stream) == Z_OK else {
            unsafe stream.deallocate()
            throw DecodingFailure(fault: .outOfMemory)
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    func decode(
        _ input: [UInt8], from start: Int, capacity: Int
    ) throws(DecodingFailure) -> DecodingStep {
        if isAtStart {
            guard start < input.count else { return DecodingStep(taken: 0, output: []) }
            try begin(input[start])
        }
        var status = Z_OK
        var taken = 0
        let output = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            unsafe input.withUnsafeBufferPointer { bytes in
                let rest = bytes.count - start
                unsafe stream.pointee.next_in = unsafe bytes.baseAddress.map {
                    unsafe UnsafeMutablePointer(mutating: $0 + start)
                }
                unsafe stream.pointee.avail_in = UInt32(clamping: rest)
                unsafe stream.pointee.next_out = buffer.baseAddress
                unsafe stream.pointee.avail_out = UInt32(clamping: capacity)
                unsafe status = inflate(stream, Z_NO_FLUSH)
                unsafe taken = min(rest, Int(UInt32.max)) - Int(stream.pointee.avail_in)
                unsafe stream.pointee.next_in = nil
            }
            unsafe count = capacity - Int(stream.pointee.avail_out)
            unsafe stream.pointee.next_out = nil
        }
        try check(status, taken: taken)
        return DecodingStep(taken: taken, output: output)
    }

    /// Every member begins with 31 139 (RFC 1952 section 2.3.1); the library looks when it has both.
    private func begin(_ byte: UInt8) throws(DecodingFailure) {
        guard byte == 31 else { throw DecodingFailure(fault: isFirst ? .foreign : .trailing) }
        if mayEnd, unsafe inflateReset(stream) != Z_OK { throw DecodingFailure(fault: .damaged) }
        (mayEnd, isAtStart) = (false, false)
    }

    private func check(_ status: Int32, taken: Int) throws(DecodingFailure) {
        switch status {
        case Z_STREAM_END: (mayEnd, isAtStart, isFirst) = (true, true, false)
        // The second says that there is nothing to do.
        case Z_OK, Z_BUF_ERROR: break
        case Z_MEM_ERROR: throw DecodingFailure(fault: .outOfMemory)
        default:
            let isHead = unsafe stream.pointee.total_in < 3 && stream.pointee.total_out == 0
            throw DecodingFailure(fault: !isHead ? .damaged : isFirst ? .foreign : .trailing, taken: taken)
        }
    }
}
