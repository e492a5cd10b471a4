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

    /// - Parameter mayBeSucceeding: whether a successor of the log may not be in its place yet.
    /// - Throws: `ClientFault` for a directory that is no hub's, or whose hub runs.
    init(_ path: String, mayBeSucceeding: Bool = false) throws {
        directory = DataDirectory(path)
        try directory.requireInitialised()
        lock = try DirectoryLock(directory)
        if !mayBeSucceeding { try directory.requireSettled() }
    }

    deinit { lock.release() }

    func openLog() throws -> AuditLog {
        let key = try PrivateKey(pem: PrivateFiles.read(directory.key(.log)))
        let known = try HubLog(directory: directory.path).key()
        let registry = try openRegistry()
        let remembered = try registry.rememberedHead(of: known.name)
        try registry.close()
        let configuration = try Configuration.load(
            directory.configuration, environment: ProcessInfo.processInfo.environment)
        return try AuditLog(
            dataDirectory: directory.path, signer: NoteSigner(name: known.name, key: key),
            furtherSigners: configuration.furtherSigners(of: known.name), remembered: remembered)
    }

    func openRegistry() throws -> Registry {
        try Registry(path: directory.database, sealer: .system, mustExist: true)
    }
}
