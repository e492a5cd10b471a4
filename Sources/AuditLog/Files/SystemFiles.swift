internal import CLinux
internal import Glibc
internal import Model

/// The system's own files. Paths are made by this module from numbers and digests, never from input.
struct SystemFiles: FileSystem {
    func open(_ path: String, for use: FileUse) throws(LogError) -> OpenFile? {
        let flags =
            switch use {
            case .reading: O_RDONLY
            case .appending: O_RDWR | O_CREAT | O_APPEND
            case .directory: O_RDONLY | O_DIRECTORY
            }
        let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
        if descriptor < 0 && errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw failure("open", path) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    func close(_ file: OpenFile) { _ = Glibc.close(file.descriptor) }

    func write(_ bytes: ArraySlice<UInt8>, to file: OpenFile) throws(LogError) -> Int {
        while true {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(file.descriptor, buffer.baseAddress, buffer.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure("write", file.path) }
            return count
        }
    }

    func read(_ file: OpenFile, count: Int, at offset: Int) throws(LogError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(
                    file.descriptor, buffer.baseAddress.map { unsafe $0 + filled }, count - filled,
                    off_t(offset + filled))
            }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw failure("read", file.path) }
            if got == 0 { break }
            filled += got
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    func size(of file: OpenFile) throws(LogError) -> Int {
        var status = stat()
        guard unsafe fstat(file.descriptor, &status) == 0 else { throw failure("stat", file.path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw LogError(.fileOperation, "read `\(file.path)` failed: not a regular file")
        }
        return Int(status.st_size)
    }

    func truncate(_ file: OpenFile, toBytes size: Int) throws(LogError) {
        guard ftruncate(file.descriptor, off_t(size)) == 0 else { throw failure("truncate", file.path) }
    }

    func setMode(_ mode: UInt32, of file: OpenFile) throws(LogError) {
        guard fchmod(file.descriptor, mode) == 0 else { throw failure("chmod", file.path) }
    }

    func synchronise(_ file: OpenFile, all: Bool) throws(LogError) {
        guard all ? fsync(file.descriptor) == 0 : fdatasync(file.descriptor) == 0 else {
            throw failure(all ? "fsync" : "fdatasync", file.path)
        }
    }

    func startWriting(_ file: OpenFile) {
        _ = sync_file_range(file.descriptor, 0, 0, SLUIS_START_WRITING)
    }

    func synchroniseFileSystem(of file: OpenFile) throws(LogError) {
        guard syncfs(file.descriptor) == 0 else { throw failure("syncfs", file.path) }
    }

    func rename(_ path: String, to newPath: String) throws(LogError) {
        guard unsafe Glibc.rename(path, newPath) == 0 else { throw failure("rename", newPath) }
    }

    func removeFile(_ path: String) throws(LogError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw failure("unlink", path) }
    }

    func makeDirectory(_ path: String, mode: UInt32) throws(LogError) {
        guard unsafe mkdir(path, mode) == 0 || errno == EEXIST else { throw failure("mkdir", path) }
    }

    func removeEmptyDirectory(_ path: String) throws(LogError) {
        guard unsafe rmdir(path) == 0 else { throw failure("rmdir", path) }
    }

    func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    func list(_ path: String) throws(LogError) -> [String] {
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

    func modified(_ path: String) throws(LogError) -> Instant? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw failure("stat", path)
        }
        return Instant(
            milliseconds: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
    }

    func room(at path: String) throws(LogError) -> DiskRoom {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { throw failure("statvfs", path) }
        let block = Int(status.f_frsize)
        return DiskRoom(freeBytes: Int(status.f_bavail) * block, totalBytes: Int(status.f_blocks) * block)
    }

    private func failure(_ operation: String, _ path: String) -> LogError {
        let reason = unsafe String(cString: strerror(errno))
        return LogError(.fileOperation, "\(operation) `\(path)` failed: \(reason)")
    }
}

extension SystemFiles {
    /// Lets the calling thread make way for others: no real-time priority, and at least this niceness.
    ///
    /// Both calls only give up priority, which every process may; where they fail all stays as it was.
    static func makeThreadWait(niceness: Int32) {
        if sched_getscheduler(0) != SCHED_OTHER {
            var none = sched_param()
            _ = unsafe sched_setscheduler(0, SCHED_OTHER, &none)
        }
        // On Linux 0 is the calling thread.
        let thread = __priority_which_t(PRIO_PROCESS.rawValue)
        if getpriority(thread, 0) < niceness { _ = setpriority(thread, 0, niceness) }
    }
}
