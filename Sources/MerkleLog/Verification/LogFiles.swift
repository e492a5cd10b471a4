/// The files of a log, wherever they lie: what a verifier needs to see of them.
///
/// Paths are relative to the log's prefix, with `/` between their parts: `checkpoint`, `tile/0/000`.
public protocol LogFiles {
    /// The paths of all files, in any order; folders are not files.
    func list() throws -> [String]

    /// The bytes of a file, nil if it does not exist.
    func read(_ path: String) throws -> [UInt8]?
}
