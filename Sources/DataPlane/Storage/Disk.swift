import Glibc
import Model

/// The system calls that write, each by its name, so that a test can make any of them fail.
enum DiskCall: String, CaseIterable, Sendable {
    case makeDirectory = "mkdir"
    case create = "open"
    case write
    case sync = "fsync"
    case rename
    case link
    case remove = "unlink"
    case removeDirectory = "rmdir"
}

/// The file system, through Glibc. One of the three files with `unsafe`: system calls take C pointers.
///
/// Everything is opened close-on-exec and made for this user alone (0600, 0700).
struct Disk: Sendable {
    enum Moment: Sendable { case before, after }

    /// Called around every call that changes the disk; what it throws is thrown in place of the call, or
    /// after it was done. Nil outside tests.
    var interference: (@Sendable (DiskCall, Moment, String) throws -> Void)?

    func makeDirectory(_ path: String) throws {
        try changing(.makeDirectory, path) { unsafe mkdir(path, 0o700) }
    }

    func rename(_ path: String, to target: String) throws {
        try changing(.rename, path) { unsafe Glibc.rename(path, target) }
    }

    /// Gives a file a second name.
    func link(_ path: String, as target: String) throws {
        try changing(.link, path) { unsafe Glibc.link(path, target) }
    }

    func remove(_ path: String) throws {
        try changing(.remove, path) { unsafe unlink(path) }
    }

    func removeDirectory(_ path: String) throws {
        try changing(.removeDirectory, path) { unsafe rmdir(path) }
    }

    /// Makes the names in a directory durable.
    func syncDirectory(_ path: String) throws {
        let file = try OpenFile(path, O_RDONLY | O_DIRECTORY, disk: self)
        try file.sync()
    }

    func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// The names in a directory, in no order, without `.` and `..`; empty if there is no such directory.
    func list(_ path: String) throws -> [String] {
        guard let directory = unsafe opendir(path) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw Self.failure("opendir", path)
        }
        defer { unsafe _ = closedir(directory) }
        var names: [String] = []
        errno = 0
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw Self.failure("readdir", path) }
        return names
    }

    /// Runs a call that answers 0, with interference before and after.
    fileprivate func changing(_ call: DiskCall, _ path: String, _ body: () -> Int32) throws {
        try interference?(call, .before, path)
        guard body() == 0 else { throw Self.failure(call.rawValue, path) }
        try interference?(call, .after, path)
    }

    /// The error of the call that just failed.
    static func failure(_ call: String, _ path: String) -> any Error {
        failure(call, path, errno: errno)
    }

    static func failure(_ call: String, _ path: String, errno: Int32) -> any Error {
        let error = DataPlaneError.system(call: call, path: path, errno: errno)
        guard [ENOSPC, EDQUOT, EFBIG].contains(errno) else { return error }
        return RetryableFault("disk_full", "the hub has no room for the data", cause: error.description)
    }
}

/// An open file; closed when the last reference goes.
final class OpenFile {
    private static let pieceBytes = 1 << 20

    private let descriptor: Int32
    private let path: String
    private let disk: Disk

    init(_ path: String, _ flags: Int32, disk: Disk) throws {
        descriptor = unsafe open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Disk.failure("open", path) }
        self.path = path
        self.disk = disk
    }

    /// A new file, empty; fails if there is one.
    static func create(_ path: String, disk: Disk) throws -> OpenFile {
        try disk.interference?(.create, .before, path)
        let file = try OpenFile(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, disk: disk)
        try disk.interference?(.create, .after, path)
        return file
    }

    /// O_TMPFILE of open(2), a macro that Swift does not see.
    static let unnamed: Int32 = 0o20000000 | O_DIRECTORY

    /// A new file without a name, on the file system of a directory: it is gone with its last user, also in a
    /// crash.
    static func createUnnamed(in directory: String, disk: Disk) throws -> OpenFile {
        try disk.interference?(.create, .before, directory)
        let file = try OpenFile(directory, unnamed | O_RDWR, disk: disk)
        try disk.interference?(.create, .after, directory)
        return file
    }

    deinit { _ = close(descriptor) }

    func write(_ bytes: [UInt8]) throws {
        try disk.interference?(.write, .before, path)
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress.map { unsafe $0 + done }, bytes.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Disk.failure("write", path, errno: count == 0 ? ENOSPC : errno) }
            done += count
        }
        try disk.interference?(.write, .after, path)
    }

    func sync() throws {
        try disk.changing(.sync, path) { fsync(descriptor) }
    }

    func sizeBytes() throws -> Int {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw Disk.failure("fstat", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw DataPlaneError.corrupt(file: path, block: nil) }
        return Int(status.st_size)
    }

    /// The whole file; fails if it is longer than `limitBytes`.
    func readAll(limitBytes: Int) throws -> [UInt8] {
        let size = try sizeBytes()
        guard size <= limitBytes else { throw DataPlaneError.corrupt(file: path, block: nil) }
        return try read(0..<size)
    }

    /// A part of the file; fails if it is shorter.
    func read(_ range: Range<Int>) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var done = 0
        while done < range.count {
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(
                    descriptor, $0.baseAddress.map { unsafe $0 + done }, range.count - done,
                    off_t(range.lowerBound + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Disk.failure("pread", path) }
            guard count > 0 else { throw DataPlaneError.corrupt(file: path, block: nil) }
            done += count
        }
        return bytes
    }

    /// Whether it is what was written; reads all of it, in pieces.
    func isWhole(_ file: Manifest.File) throws -> Bool {
        let size = try sizeBytes()
        guard size == file.sizeBytes else { return false }
        var checksum = Checksum()
        for start in stride(from: 0, to: size, by: Self.pieceBytes) {
            let piece = try read(start..<min(start + Self.pieceBytes, size))
            checksum.update(piece.span)
        }
        return checksum.value == file.checksum
    }

    /// The whole file, mapped read-only; the mapping outlives this descriptor.
    func map() throws -> MappedFile {
        try MappedFile(descriptor: descriptor, sizeBytes: try sizeBytes(), path: path)
    }
}
