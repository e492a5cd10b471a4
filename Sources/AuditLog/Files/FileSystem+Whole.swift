/// What the log does with whole files and folders, put together from single calls.
extension FileSystem {
    /// The whole file; nil if there is none.
    func read(_ path: String) throws(LogError) -> [UInt8]? {
        guard let file = try open(path, for: .reading) else { return nil }
        defer { close(file) }
        let size = try size(of: file)
        let bytes = try read(file, count: size, at: 0)
        guard bytes.count == size else {
            throw LogError(.fileOperation, "read `\(path)` failed: it was cut while being read")
        }
        return bytes
    }

    /// Writes a file so that a reader sees the old content, none or the new, never a part: into `temporary`
    /// on the same file system, then renamed.
    func replace(
        _ path: String, with bytes: [UInt8], through temporary: String, durably: Bool, mode: UInt32 = 0o644
    ) throws(LogError) {
        try removeFile(temporary)
        do throws(LogError) {
            let file = try AppendedFile(temporary, in: self)
            try file.setMode(mode)
            try file.append(bytes)
            if durably { try file.synchronise() } else { file.startWriting() }
            try rename(temporary, to: path)
        } catch {
            // Best effort: it lies outside `log/`, and the next one replaces it.
            try? removeFile(temporary)
            throw error
        }
    }

    /// Removes a directory and the files in it, if it is there.
    func removeDirectory(_ path: String) throws(LogError) {
        guard exists(path) else { return }
        for name in try list(path) { try removeFile("\(path)/\(name)") }
        try removeEmptyDirectory(path)
    }

    /// Makes the names in a directory durable.
    func synchroniseDirectory(_ path: String) throws(LogError) {
        let folder = try opened(path, for: .directory)
        defer { close(folder) }
        try synchronise(folder, all: true)
    }

    /// Makes everything durable that was written to the file system of a directory.
    func synchroniseFileSystem(at path: String) throws(LogError) {
        let folder = try opened(path, for: .directory)
        defer { close(folder) }
        try synchroniseFileSystem(of: folder)
    }

    private func opened(_ path: String, for use: FileUse) throws(LogError) -> OpenFile {
        guard let file = try open(path, for: use) else {
            throw LogError(.fileOperation, "open `\(path)` failed: it is not there")
        }
        return file
    }
}
