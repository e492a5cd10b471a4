import Glibc

/// A file mapped read-only. One of the three files with `unsafe`: everything above works on `Span`, whose
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

/// Numbers of four bytes in a file without a name, mapped: they take no memory that the kernel cannot have
/// back. All are `UInt32.max` at first.
///
/// Sendable, although it can be written: `subscript` is to be set before it is shared.
@safe final class NumberFile: @unchecked Sendable {
    private let base: UnsafeMutableBufferPointer<UInt32>

    /// - Parameter directory: on whose file system it is made.
    init(count: Int, in directory: String) throws {
        guard count > 0 else {
            unsafe base = UnsafeMutableBufferPointer(start: nil, count: 0)
            return
        }
        let descriptor = unsafe open(directory, OpenFile.unnamed | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Disk.failure("open", directory) }
        defer { close(descriptor) }
        // Room is taken now: a write into a mapping of a full disk could not be told.
        let failure = posix_fallocate(descriptor, 0, off_t(4 * count))
        guard failure == 0 else { throw Disk.failure("posix_fallocate", directory, errno: failure) }
        let address = unsafe mmap(nil, 4 * count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw Disk.failure("mmap", directory)
        }
        let numbers = unsafe address.bindMemory(to: UInt32.self, capacity: count)
        unsafe numbers.initialize(repeating: .max, count: count)
        unsafe base = UnsafeMutableBufferPointer(start: numbers, count: count)
    }

    deinit {
        guard let address = unsafe base.baseAddress else { return }
        unsafe _ = munmap(address, 4 * base.count)
    }

    var count: Int { unsafe base.count }

    @inline(__always)
    subscript(index: Int) -> UInt32 {
        get {
            precondition(index >= 0 && index < count)
            return unsafe base[index]
        }
        set {
            precondition(index >= 0 && index < count)
            unsafe base[index] = newValue
        }
    }
}

/// Fixed-width integers of the stored files, least significant byte first, at any offset inside the span.
extension Span<UInt8> {
    @inline(__always)
    func load16(_ offset: Int) -> Int { Int(load(offset, as: UInt16.self)) }

    @inline(__always)
    func load32(_ offset: Int) -> Int { Int(load(offset, as: UInt32.self)) }

    @inline(__always)
    func load64(_ offset: Int) -> UInt64 { load(offset, as: UInt64.self) }

    @inline(__always)
    private func load<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as: Value.Type) -> Value {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Value>.size)
        return Value(
            littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Value.self))
    }
}

extension Span<UInt8> {
    /// Whether `self[range]` has the bytes of `other`, which is as long.
    @inline(__always)
    func isEqual(_ range: Range<Int>, to other: Span<UInt8>) -> Bool {
        let part = extracting(range)
        precondition(part.count == other.count)
        return unsafe part.withUnsafeBufferPointer { first in
            unsafe other.withUnsafeBufferPointer { second in
                guard let a = first.baseAddress, let b = second.baseAddress else { return true }
                return unsafe memcmp(a, b, first.count) == 0
            }
        }
    }
}

extension OutputSpan<UInt8> {
    /// Copies `source[range]`; false, and nothing written, if there is no room for it.
    @inline(__always)
    mutating func append(_ source: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count <= freeCapacity else { return false }
        if range.count <= Self.shortBytes, source.count - range.lowerBound >= Self.shortBytes,
            freeCapacity >= Self.shortBytes
        {
            // A copy of fixed length is two instructions; what is too much is written over or not counted.
            copy(source.extracting(range.lowerBound..<range.lowerBound + Self.shortBytes), range.count)
        } else {
            copy(source.extracting(range), range.count)
        }
        return true
    }

    private static var shortBytes: Int { 32 }

    /// Copies all of `part`, of which so many bytes count. There is room.
    @inline(__always)
    private mutating func copy(_ part: Span<UInt8>, _ counted: Int) {
        unsafe part.withUnsafeBufferPointer { from in
            unsafe self.withUnsafeMutableBufferPointer { to, count in
                guard let first = from.baseAddress, let start = to.baseAddress else { return }
                unsafe memcpy(start + count, first, from.count)
                count += counted
            }
        }
    }
}

extension [UInt8] {
    /// Copies `source[range]`.
    @inline(__always)
    mutating func append(_ source: Span<UInt8>, _ range: Range<Int>) {
        unsafe source.extracting(range).withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
