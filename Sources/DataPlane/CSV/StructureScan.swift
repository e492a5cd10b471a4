import CScan
import Glibc

/// Finds where the cells and rows of CSV text end, 64 bytes at a time.
///
/// One of the three files of this module with `unsafe`, and the only one that knows the C kernel. What is
/// lent to C are spans, which carry their bounds; the kernel keeps to them.
struct StructureScan: Sendable {
    /// Instruction sets; all give the same results.
    enum Variant: Int32, CaseIterable, Sendable {
        case portable, sse2, avx2, avx512

        /// The fastest that this machine runs.
        static let best = Variant(rawValue: sluis_scan_best_variant()) ?? .portable
    }

    struct Result: Hashable, Sendable {
        /// Bytes that were read; fewer than given if there was no room for more marks, or at an anomaly.
        var consumed: Int
        /// Marks that were written.
        var count: Int
        /// Whether the byte at `consumed` shows that its row is malformed. A new scan then begins behind it.
        var hasAnomaly: Bool
        var hasHighBytes: Bool
    }

    /// Set in the marks that are no ends of cells: the second quote of a doubled one, and a line end inside
    /// quotes.
    static let insideQuotes: UInt32 = 0x8000_0000
    static let maximumBytes = Int(Int32.max)
    /// So much room always lets a scan get on.
    static let minimumRoom = 64

    private let variant: Variant
    private var state = sluis_scan_state(in_quotes: 0, after: UInt8(SLUIS_AFTER_MARK.rawValue))

    init(variant: Variant = .best) { self.variant = variant }

    /// Reads on. A mark is the place of a comma or line end outside quotes, counted from the start of `text`;
    /// they are written in ascending order.
    mutating func scan(_ text: Span<UInt8>, into marks: inout MutableSpan<UInt32>) -> Result {
        precondition(text.count <= Self.maximumBytes)
        let variant = variant.rawValue
        var state = state
        let found = unsafe text.withUnsafeBufferPointer { text in
            unsafe marks.withUnsafeMutableBufferPointer { marks -> sluis_scan_result? in
                guard let bytes = text.baseAddress, let first = marks.baseAddress else { return nil }
                return unsafe sluis_scan_structure(bytes, text.count, &state, first, marks.count, variant)
            }
        }
        self.state = state
        guard let found else {
            return Result(consumed: 0, count: 0, hasAnomaly: false, hasHighBytes: false)
        }
        return Result(
            consumed: found.consumed, count: found.count, hasAnomaly: found.has_anomaly,
            hasHighBytes: found.has_high_bytes)
    }
}

extension Checksum {
    /// Whether this machine has instructions for CRC-32C.
    static let hasInstructions = sluis_crc32c_is_supported()

    /// The register after the bytes, by those instructions.
    static func advance(_ register: UInt32, over bytes: Span<UInt8>) -> UInt32 {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let first = bytes.baseAddress else { return register }
            return unsafe sluis_crc32c(register, first, bytes.count)
        }
    }
}

extension Array where Element: BitwiseCopyable {
    /// Has the element, which will be read soon, brought near.
    @inline(__always)
    func prefetch(_ index: Int) {
        unsafe withUnsafeBufferPointer { elements in
            guard index < elements.count, let first = elements.baseAddress else { return }
            unsafe sluis_prefetch(first + index)
        }
    }
}

extension Span<UInt8> {
    /// Has so many bytes from `offset` on, which will be read soon, brought near: at most 256 of them.
    @inline(__always)
    func prefetch(_ offset: Int, _ count: Int) {
        let part = extracting(offset..<offset + min(count, 256))
        unsafe part.withUnsafeBufferPointer { bytes in
            guard let first = bytes.baseAddress else { return }
            for line in stride(from: 0, to: bytes.count, by: 64) { unsafe sluis_prefetch(first + line) }
        }
    }
}

extension Array where Element: BitwiseCopyable {
    /// How many elements of 16 bytes lie before the first that begins a line of the processor's cache. It
    /// holds as long as the array is neither changed nor copied.
    var lineOffset: Int {
        unsafe withUnsafeBufferPointer { elements in
            let address = Int(bitPattern: elements.baseAddress)
            return (64 - address % 64) % 64 / MemoryLayout<Element>.stride
        }
    }
}

extension MutableSpan<UInt8> {
    /// Two bytes at `offset`, the lower first.
    @inline(__always)
    mutating func store16(_ value: UInt16, at offset: Int) {
        var bytes = unsafe mutableBytes
        bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt16.self)
    }

    /// Four bytes at `offset`, the lowest first.
    @inline(__always)
    mutating func store32(_ value: UInt32, at offset: Int) {
        var bytes = unsafe mutableBytes
        bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Copies `source[range]` to `offset` and on; there must be room.
    @inline(__always)
    mutating func copy(_ source: Span<UInt8>, _ range: Range<Int>, to offset: Int) {
        let part = source.extracting(range)
        precondition(offset >= 0 && offset <= count && part.count <= count - offset)
        unsafe part.withUnsafeBufferPointer { from in
            unsafe self.withUnsafeMutableBufferPointer { to in
                guard let first = from.baseAddress, let start = to.baseAddress else { return }
                unsafe memcpy(start + offset, first, from.count)
            }
        }
    }
}
