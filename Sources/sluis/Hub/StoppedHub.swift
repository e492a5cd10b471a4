import AuditLog
import Cryptography
import Foundation
import MerkleLog
import Model
import Registry

/// The data directory of a hub that does not run, for commands that work on it alone.
///
/// It holds the directory's lock, so that no hub is started meanwhile.
final class StoppedHub {
    let directory: DataDirectory
    private let lock: DirectoryLock

    /// - Throws: `ClientFault` for a directory that is no hub's, or whose hub runs.
    init(_ path: String) throws {
        directory = DataDirectory(path)
        try directory.requireInitialised()
        lock = try DirectoryLock(directory)
    }

    deinit { lock.release() }

    func openLog() throws -> AuditLog {
        let key = try PrivateKey(pem: PrivateFiles.read(directory.key(.log)))
        let known = try HubLog(directory: directory.path).key()
        return try AuditLog(
            dataDirectory: directory.path, signer: NoteSigner(name: String(known.name), key: key))
    }

    func openRegistry() throws -> Registry {
        try Registry(path: directory.database, sealer: .system, mustExist: true)
    }
}
