/// A file that only grows at its end.
struct AppendedFile: ~Copyable {
    private let system: any FileSystem
    private let file: OpenFile

    /// Opens the file; makes it, readable by its owner alone, if it is not there.
    init(_ path: String, in system: any FileSystem) throws(LogError) {
        guard let file = try system.open(path, for: .appending) else {
            throw LogError(.fileOperation, "open `\(path)` failed: no such folder")
        }
        self.system = system
        self.file = file
    }

    deinit { system.close(file) }

    /// Appends all bytes or throws; after a throw the end of the file is unknown. A short write is what a
    /// disk does that is about to fail: it is not completed.
    func append(_ bytes: [UInt8]) throws(LogError) {
        if bytes.isEmpty { return }
        let count = try system.write(bytes[...], to: file)
        guard count == bytes.count else {
            throw LogError(
                .fileOperation,
                "write `\(file.path)` failed: only \(count) of \(bytes.count) bytes were written")
        }
    }

    func startWriting() { system.startWriting(file) }

    func synchronise() throws(LogError) { try system.synchronise(file, all: false) }

    func setMode(_ mode: UInt32) throws(LogError) { try system.setMode(mode, of: file) }

    /// Cuts off what follows the first `size` bytes, durably.
    func truncate(toBytes size: Int) throws(LogError) {
        try system.truncate(file, toBytes: size)
        try synchronise()
    }
}
