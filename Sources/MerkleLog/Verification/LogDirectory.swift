import Cryptography
import Glibc

/// A log as a folder on this machine, read only.
///
/// The one type of this module that touches the outside; everything else here is a pure function of what it
/// is given. Below the folder no symbolic link is followed, nothing but regular files is read, and nothing
/// beyond the size that the largest bundle can have.
public struct LogDirectory: LogFiles, Sendable {
    private let path: String

    /// A folder of a log holds at most a thousand tiles, as many folders of partial ones and as many of
    /// higher numbers.
    private static let maximumNames = 4096
    private static let chunkSizeBytes = 1 << 20

    /// - Parameter path: the folder with `checkpoint` and `tile`; may itself be reached through links.
    /// - Throws: `unreadableFile` if it is not a folder that can be opened.
    public init(_ path: String) throws(ProofError) {
        self.path = path
        guard try Self.open(path, O_RDONLY | O_DIRECTORY) != nil else {
            throw ProofError(.unreadableFile, "there is no folder `\(path)`")
        }
    }

    /// - Throws: `unreadableFile` for a folder that cannot be read, or holds more than any folder of a log.
    public func names(in folder: String) throws -> [LogFileName] {
        let parts = folder.isEmpty ? [] : try Self.parts(of: folder)
        guard let folder = try descend(parts[...]) else { return [] }
        return try Self.names(in: folder)
    }

    /// - Throws: `unreadableFile` for what is not a regular file, too large, or not to be read.
    public func read(_ path: String) throws -> [UInt8]? {
        let parts = try Self.parts(of: path)
        guard let name = parts.last, let folder = try descend(parts.dropLast()),
            // Without O_NONBLOCK, opening a named pipe would wait for a writer.
            let file = try Self.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, in: folder)
        else { return nil }
        return try Self.contents(of: file, maximumSizeBytes: EntryBundle.maximumSizeBytes)
    }

    /// The SHA-256 of a file that the user named, of any size; links are followed. Nil if there is none.
    ///
    /// - Throws: `unreadableFile` for what is not a regular file or not to be read.
    public static func digest(ofFile path: String) throws(ProofError) -> [UInt8]? {
        guard let file = try open(path, O_RDONLY | O_NONBLOCK) else { return nil }
        _ = try status(of: file)
        var stream = SHA256Stream()
        while true {
            let chunk = try next(chunkSizeBytes, of: file)
            if chunk.isEmpty { return stream.finalize() }
            stream.update(chunk)
        }
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

    private static func parts(of path: String) throws(ProofError) -> [String] {
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(decoding: Array($0), as: UTF8.self) }
        guard parts.allSatisfy(isName) else {
            throw ProofError(.unreadableFile, "`\(path)` is no path of a file")
        }
        return parts
    }

    /// The folder at `parts` below the log's; nil if there is none.
    private func descend(_ parts: ArraySlice<String>) throws(ProofError) -> Descriptor? {
        guard var folder = try Self.open(path, O_RDONLY | O_DIRECTORY) else { return nil }
        for part in parts {
            guard let next = try Self.open(part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, in: folder) else {
                return nil
            }
            folder = next
        }
        return folder
    }

    private static func names(in folder: borrowing Descriptor) throws(ProofError) -> [LogFileName] {
        // `fdopendir` takes the descriptor over, so it gets one of its own.
        guard let stream = unsafe fdopendir(dup(folder.number)) else { throw failure("the folder") }
        defer { unsafe closedir(stream) }
        var names: [LogFileName] = []
        errno = 0
        while let entry = unsafe readdir(stream) {
            let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe Array(bytes.prefix { $0 != 0 })
            }
            let type = Int32(unsafe entry.pointee.d_type)
            if bytes != Array(".".utf8), bytes != Array("..".utf8) {
                names.append(name(bytes, type: type, in: folder))
            }
            guard names.count <= maximumNames else {
                throw ProofError(.unreadableFile, "it holds more than \(maximumNames) names")
            }
            errno = 0
        }
        // The end and an error look alike; a file that is not listed would not be verified.
        guard errno == 0 else { throw failure("the folder") }
        return names
    }

    /// A name that is not UTF-8 is no folder's of a log, and could not be opened by its text: it counts as a
    /// file, which is then named.
    private static func name(_ bytes: [UInt8], type: Int32, in folder: borrowing Descriptor) -> LogFileName {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return LogFileName(String(decoding: bytes, as: UTF8.self), isFolder: false)
        }
        if type != Int32(DT_UNKNOWN) { return LogFileName(text, isFolder: type == Int32(DT_DIR)) }
        var status = stat()
        let isKnown = unsafe fstatat(folder.number, text, &status, AT_SYMLINK_NOFOLLOW) == 0
        return LogFileName(text, isFolder: isKnown && status.st_mode & S_IFMT == S_IFDIR)
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
        let status = try status(of: file)
        guard status.st_size <= maximumSizeBytes else {
            throw ProofError(
                .unreadableFile, "it has \(status.st_size) bytes; at most \(maximumSizeBytes) are read")
        }
        return try next(Int(status.st_size), of: file)
    }

    private static func status(of file: borrowing Descriptor) throws(ProofError) -> stat {
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else { throw failure("the file") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ProofError(.unreadableFile, "it is not a regular file")
        }
        return status
    }

    /// The next `count` bytes, or those that are left if they are fewer.
    private static func next(_ count: Int, of file: borrowing Descriptor) throws(ProofError) -> [UInt8] {
        let number = file.number
        var failed = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count, !failed {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let step = unsafe Glibc.read(number, rest.baseAddress, rest.count)
                if step == 0 { return }
                if step > 0 { filled += step } else if errno != EINTR { failed = true }
            }
        }
        guard !failed else { throw failure("the file") }
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
