import Foundation
import Model

/// One process a data directory: SQLite and journal have one writer. The kernel drops the lock when the
/// process ends, however it ends.
final class DirectoryLock: Sendable {
    private let file: FileHandle

    init(_ directory: DataDirectory) throws {
        let path = directory.lock
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(
                atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        guard let file = FileHandle(forUpdatingAtPath: path) else {
            throw ClientFault(.badInput, "lock_missing", "`\(path)` cannot be opened", found: path)
        }
        guard flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw ClientFault(
                .conflict, "hub_running", "another process runs the hub in `\(directory.path)`",
                field: "--data",
                found: directory.path, remedy: "stop it first, or use another directory")
        }
        self.file = file
    }

    func release() { try? file.close() }
}
