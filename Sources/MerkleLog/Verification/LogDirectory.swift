import Glibc

/// A log as a folder on this machine, read only.
///
/// The one type of this module that touches the outside; everything else here is a pure function of what it
/// is given. Below the folder no symbolic link is followed, nothing but regular files is read, and nothing
/// beyond the size that the largest bundle can have.
public struct LogDirectory: LogFiles, Sendable {
    private let path: String

    /// More parts than these no path of a log has; what lies deeper is listed by its folder's name.
    private static let maximumDepth = 10

    /// - Parameter path: the folder with `checkpoint` and `tile`; may itself be reached through links.
    /// - Throws: `unreadableFile` if it is not a folder that can be opened.
    public init(_ path: String) throws(ProofError) {
        self.path = path
        guard try Self.open(path, O_RDONLY | O_DIRECTORY) != nil else {
            throw ProofError(.unreadableFile, "there is no folder `\(path)`")
        }
    }

    /// - Throws: `unreadableFile` if a folder cannot be read.
    public func list() throws -> [String] {
        guard let folder = try Self.open(path, O_RDONLY | O_DIRECTORY) else { return [] }
        var paths: [String] = []
        try Self.list(folder, prefix: "", depth: 1, into: &paths)
        return paths
    }

    /// - Throws: `unreadableFile` for what is not a regular file, too large, or not to be read.
    public func read(_ path: String) throws -> [UInt8]? {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(decoding: Array($0), as: UTF8.self) }
        guard let name = parts.last, parts.allSatisfy(Self.isName) else {
            throw ProofError(.unreadableFile, "`\(path)` is no path of a file")
        }
        guard var folder = try Self.open(self.path, O_RDONLY | O_DIRECTORY) else { return nil }
        for part in parts.dropLast() {
            guard let next = try Self.open(part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, in: folder) else {
                return nil
            }
            folder = next
        }
        // Without O_NONBLOCK, opening a named pipe would wait for a writer.
        guard let file = try Self.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, in: folder) else {
            return nil
        }
        return try Self.contents(of: file, maximumSizeBytes: EntryBundle.maximumSizeBytes)
    }

    /// The bytes of a file that the user named, such as a key; links are followed. Nil if there is none.
    ///
    /// - Throws: `unreadableFile` for what is not a regular file, too large, or not to be read.
    public static func contents(ofFile path: String, maximumSizeBytes: Int) throws(ProofError) -> [UInt8]? {
        guard let file = try open(path, O_RDONLY | O_NONBLOCK) else { return nil }
        return try contents(of: file, maximumSizeBytes: maximumSizeBytes)
    }

    private static func isName(_ part: String) -> Bool {
        !part.isEmpty && part != "." && part != ".." && !part.utf8.contains(0)
    }

    private static func list(
        _ folder: consuming Descriptor, prefix: String, depth: Int, into paths: inout [String]
    ) throws(ProofError) {
        for name in try names(in: folder) {
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            let number = unsafe openat(folder.number, name, flags)
            if number >= 0, depth < maximumDepth {
                try list(
                    Descriptor(number: number), prefix: prefix + name + "/", depth: depth + 1, into: &paths)
            } else if number >= 0 || errno != ENOENT {
                // Not a folder, or one that is too deep or closed to us: no name that a log has.
                if number >= 0 { _ = close(number) }
                paths.append(prefix + name)
            }
        }
    }

    private static func names(in folder: borrowing Descriptor) throws(ProofError) -> [String] {
        // `fdopendir` takes the descriptor over, so it gets one of its own.
        guard let stream = unsafe fdopendir(dup(folder.number)) else { throw failure("the folder") }
        defer { unsafe closedir(stream) }
        unsafe rewinddir(stream)
        var names: [String] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        // The end and an error look alike; a file that is not listed would not be verified.
        guard errno == 0 else { throw failure("the folder") }
        return names
    }

    /// Nil if there is no such file.
    private static func open(_ path: String, _ flags: Int32) throws(ProofError) -> Descriptor? {
        guard !path.utf8.contains(0) else { throw ProofError(.unreadableFile, "a path has no NUL in it") }
        return try descriptor(unsafe Glibc.open(path, flags | O_CLOEXEC), path)
    }

    private static func open(_ name: String, _ flags: Int32, in folder: borrowing Descriptor)
        throws(ProofError) -> Descriptor?
    {
        try descriptor(unsafe openat(folder.number, name, flags | O_CLOEXEC), name)
    }

    private static func descriptor(_ number: Int32, _ path: String) throws(ProofError) -> Descriptor? {
        if number >= 0 { return Descriptor(number: number) }
        if errno == ENOENT { return nil }
        throw failure("`\(path)`")
    }

    private static func contents(of file: borrowing Descriptor, maximumSizeBytes: Int) throws(ProofError)
        -> [UInt8]
    {
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else { throw failure("the file") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ProofError(.unreadableFile, "it is not a regular file")
        }
        guard status.st_size <= maximumSizeBytes else {
            throw ProofError(
                .unreadableFile, "it has \(status.st_size) bytes; at most \(maximumSizeBytes) are read")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let step = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                return unsafe Glibc.read(file.number, rest.baseAddress, rest.count)
            }
            if step < 0, errno == EINTR { continue }
            guard step >= 0 else { throw failure("the file") }
            if step == 0 { break }
            count += step
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private static func failure(_ what: String) -> ProofError {
        let reason = unsafe String(cString: strerror(errno))
        return ProofError(.unreadableFile, "\(what): \(reason.lowercased())")
    }

    /// Closes its file when it goes.
    private struct Descriptor: ~Copyable {
        let number: Int32

        init(number: Int32) { self.number = number }

        deinit { _ = close(number) }
    }
}
