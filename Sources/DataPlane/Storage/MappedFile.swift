import Glibc

/// A file mapped read-only. One of the two files with `unsafe`: everything above works on `Span`, whose
/// subscripts are checked.
///
/// Trust assumption: nobody but this program writes under the data directory. Whoever can cut a mapped file
/// short makes the process end with SIGBUS, and whoever can change it after its block was checked changes
/// what readers get; neither can make it read outside the mapping.
///
/// Sendable, although it holds a pointer: the mapping is never written, and unmapped only with the last
/// reference.
@safe final class MappedFile: @unchecked Sendable {
    private let base: UnsafeRawBufferPointer

    init(descriptor: Int32, sizeBytes: Int, path: String) throws {
        guard sizeBytes > 0 else {
            unsafe base = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let address = unsafe mmap(nil, sizeBytes, PROT_READ, MAP_SHARED, descriptor, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw Disk.failure("mmap", path)
        }
        unsafe base = UnsafeRawBufferPointer(start: address, count: sizeBytes)
    }

    deinit {
        guard let address = unsafe base.baseAddress else { return }
        unsafe _ = munmap(UnsafeMutableRawPointer(mutating: address), base.count)
    }

    var sizeBytes: Int { unsafe base.count }

    /// Lends the bytes of `range`, which must lie inside the file.
    @inline(__always)
    func withBytes<Result, Failure: Error>(
        _ range: Range<Int>, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = unsafe base.assumingMemoryBound(to: UInt8.self)
        return try body(unsafe bytes.span.extracting(range))
    }
}

extension OutputSpan<UInt8> {
    /// Copies `source[range]`; false, and nothing written, if there is no room for it.
    @inline(__always)
    mutating func append(_ source: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count <= freeCapacity else { return false }
        let part = source.extracting(range)
        unsafe part.withUnsafeBufferPointer { from in
            unsafe self.withUnsafeMutableBufferPointer { to, count in
                guard let first = from.baseAddress, let start = to.baseAddress else { return }
                unsafe memcpy(start + count, first, from.count)
                count += from.count
            }
        }
        return true
    }
}

extension [UInt8] {
    /// Copies `source[range]`.
    @inline(__always)
    mutating func append(_ source: Span<UInt8>, _ range: Range<Int>) {
        unsafe source.extracting(range).withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
