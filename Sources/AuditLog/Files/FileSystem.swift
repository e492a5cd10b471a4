internal import Model

/// The calls by which the log reaches the disk, a method for each, so that tests can fail every one of them:
/// before it did anything, after it did all, or by ending the process there.
///
/// Every error holds the call, the path and the system's reason. None is retried: after a failed fsync the
/// kernel may have dropped the pages, and a second one would succeed without them.
protocol FileSystem: Sendable {
    /// Nil if there is no such file and `use` does not make one.
    func open(_ path: String, for use: FileUse) throws(LogError) -> OpenFile?
    func close(_ file: OpenFile)

    /// Writes at the place that `use` gave; may write fewer than all bytes.
    ///
    /// - Returns: how many were written, at least one.
    func write(_ bytes: ArraySlice<UInt8>, to file: OpenFile) throws(LogError) -> Int
    /// The bytes from `offset`, at most `count`; fewer at the end of the file.
    func read(_ file: OpenFile, count: Int, at offset: Int) throws(LogError) -> [UInt8]
    /// The size in bytes of a regular file; of anything else it would say nothing about what can be read.
    func size(of file: OpenFile) throws(LogError) -> Int
    func truncate(_ file: OpenFile, toBytes size: Int) throws(LogError)
    func setMode(_ mode: UInt32, of file: OpenFile) throws(LogError)

    /// Makes content durable (fdatasync), or with `all` also what only describes it, such as a directory's
    /// names (fsync).
    func synchronise(_ file: OpenFile, all: Bool) throws(LogError)
    /// Begins to write a file's content to the disk and waits for nothing (sync_file_range); makes nothing
    /// durable. It only spreads what a later `synchroniseFileSystem` has to do, so a failure means nothing.
    func startWriting(_ file: OpenFile)
    /// Makes all of the file system durable that `file` is on (syncfs).
    func synchroniseFileSystem(of file: OpenFile) throws(LogError)

    func rename(_ path: String, to newPath: String) throws(LogError)
    /// Does nothing if there is no such file.
    func removeFile(_ path: String) throws(LogError)
    /// Does nothing if it is there.
    func makeDirectory(_ path: String, mode: UInt32) throws(LogError)
    func removeEmptyDirectory(_ path: String) throws(LogError)
    func exists(_ path: String) -> Bool
    /// The names in a directory, sorted.
    func list(_ path: String) throws(LogError) -> [String]
    /// When a file was last written to, by the system's clock; nil if there is none.
    func modified(_ path: String) throws(LogError) -> Instant?
    /// The room on the file system that `path` is on.
    func room(at path: String) throws(LogError) -> DiskRoom
}

/// What a file is opened for.
enum FileUse: Sendable {
    case reading
    /// Made if it is not there, readable by its owner alone; every write goes to its end.
    case appending
    case directory
}

/// A file that is open until it is closed.
struct OpenFile: Hashable, Sendable {
    let descriptor: Int32
    let path: String
}

/// Room on a file system, in bytes, as far as this process may use it.
struct DiskRoom: Hashable, Sendable {
    var freeBytes: Int
    var totalBytes: Int
}
