internal import Glibc

/// The file operations of the log, each failing with the operation, the file and the system's reason.
///
/// Paths are made by this module from numbers, never from input. A failed fsync is never retried: after one
/// the kernel may have dropped the pages (the log treats every failure here as fatal).
struct JournalFile: ~Copyable {
    private let descriptor: Int32
    let path: String

    /// Opens for appending; creates the file, readable by its owner alone, if it is not there.
    init(appendingTo path: String) throws(LogError) {
        self.path = path
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
    }

    deinit { close(descriptor) }

    /// Appends all bytes or throws; after a throw the end of the file is undefined.
    func append(_ bytes: [UInt8]) throws(LogError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe write(
                    descriptor, buffer.baseAddress.map { unsafe $0 + written }, buffer.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write", path) }
            written += count
        }
    }

    func synchronise() throws(LogError) {
        guard fdatasync(descriptor) == 0 else { throw Self.failure("fdatasync", path) }
    }

    func truncate(toBytes size: Int) throws(LogError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Self.failure("truncate", path) }
        try synchronise()
    }

    /// The whole file; nil if there is none.
    static func read(_ path: String) throws(LogError) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 && errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("stat", path) }
        // The size of anything else says nothing about how much there is to read.
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw LogError(.fileOperation, "read `\(path)` failed: not a regular file")
        }
        let size = Int(status.st_size)
        var bytes = [UInt8](repeating: 0, count: size)
        var filled = 0
        while filled < size {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(
                    descriptor, buffer.baseAddress.map { unsafe $0 + filled }, size - filled, off_t(filled))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure("read", path) }
            filled += count
        }
        return bytes
    }

    /// Writes a file so that a reader sees the old content, none or the new, never a part: into `temporary`
    /// on the same file system, then renamed.
    static func replace(
        _ path: String, with bytes: [UInt8], through temporary: String, durably: Bool, mode: mode_t = 0o644
    ) throws(LogError) {
        unsafe unlink(temporary)
        do throws(LogError) {
            let file = try JournalFile(appendingTo: temporary)
            guard fchmod(file.descriptor, mode) == 0 else { throw failure("chmod", temporary) }
            try file.append(bytes)
            if durably { try file.synchronise() }
            guard unsafe rename(temporary, path) == 0 else { throw failure("rename", path) }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
    }

    static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws(LogError) {
        guard unsafe mkdir(path, mode) == 0 || errno == EEXIST else { throw failure("mkdir", path) }
    }

    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Removes a file, if it is there.
    static func remove(_ path: String) throws(LogError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw failure("unlink", path) }
    }

    /// Removes a directory and the files in it, if it is there.
    static func removeDirectory(_ path: String) throws(LogError) {
        guard exists(path) else { return }
        for name in try list(path) {
            guard unsafe unlink("\(path)/\(name)") == 0 else { throw failure("unlink", "\(path)/\(name)") }
        }
        guard unsafe rmdir(path) == 0 else { throw failure("rmdir", path) }
    }

    /// Makes the names in a directory durable.
    static func synchroniseDirectory(_ path: String) throws(LogError) {
        try synchronise(path, flags: O_RDONLY | O_DIRECTORY)
    }

    private static func synchronise(_ path: String, flags: Int32) throws(LogError) {
        let descriptor = unsafe open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
    }

    /// Makes the content of a file durable that was written without. It must be there.
    static func synchronise(_ path: String) throws(LogError) {
        try synchronise(path, flags: O_RDONLY)
    }

    /// The names in a directory, sorted.
    static func list(_ path: String) throws(LogError) -> [String] {
        guard let directory = unsafe opendir(path) else { throw failure("list", path) }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { buffer in
                unsafe String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func failure(_ operation: String, _ path: String) -> LogError {
        let reason = unsafe String(cString: strerror(errno))
        return LogError(.fileOperation, "\(operation) `\(path)` failed: \(reason)")
    }
}
