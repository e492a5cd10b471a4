/// The files of a log, wherever they lie: what a verifier needs to see of them.
///
/// Paths are relative to the log's prefix, with `/` between their parts: `checkpoint`, `tile/0/000`. A
/// verifier with several workers calls both functions from several tasks at once.
public protocol LogFiles: Sendable {
    /// Whether folders can be listed; if not, `names(in:)` is never called. Then names that no log has,
    /// partial files that nobody needs and what lies beyond the checkpoint are not looked at.
    var canList: Bool { get }

    /// What lies in a folder, in any order; nothing if there is no such folder.
    ///
    /// - Parameter folder: a path, empty for the log itself.
    /// - Throws: also for a folder with more in it than any folder of a log has, so that whoever can write
    ///   there cannot fill the verifier's memory.
    func names(in folder: String) throws -> [LogFileName]

    /// The bytes of a file, nil if it does not exist.
    func read(_ path: String) throws -> [UInt8]?

    /// Runs `body`, which reads these tiles one after the other, about in their order: where a file takes a
    /// round trip, the next ones can be fetched meanwhile. It may read others too, and need not read all.
    ///
    /// - Parameter tiles: may be more than memory holds; at most a few are to be kept ready.
    func expecting<Value>(_ tiles: TileRange, _ body: () -> Value) -> Value
}

extension LogFiles {
    /// Folders can be listed.
    public var canList: Bool { true }

    /// A file is there when it is asked for: nothing is fetched ahead.
    public func expecting<Value>(_ tiles: TileRange, _ body: () -> Value) -> Value { body() }
}

/// One name in a folder.
public struct LogFileName: Hashable, Sendable {
    /// Without the folder's path.
    public let text: String
    /// Everything else, links and pipes included, counts as a file: a verifier names it or fails to read it.
    public let isFolder: Bool

    public init(_ text: String, isFolder: Bool) {
        self.text = text
        self.isFolder = isFolder
    }
}
