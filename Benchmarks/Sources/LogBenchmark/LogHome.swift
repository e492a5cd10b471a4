import AuditLog
import Cryptography
import Foundation
import MerkleLog

/// A new log in a folder of its own below the working folder, so that it lies on a real disk.
///
/// It stays there: on some file systems making files is slow for a while after many were deleted. The script
/// removes it once all is measured.
struct LogHome {
    let path: String
    let signer: NoteSigner

    init() throws {
        path = FileManager.default.currentDirectoryPath + "/.build/log-benchmark-\(UUID().uuidString)"
        for folder in ["/journal", "/log"] {
            try FileManager.default.createDirectory(atPath: path + folder, withIntermediateDirectories: true)
        }
        let key = try PrivateKey.generate(.ed25519)
        try Data(key.pem.utf8).write(to: URL(fileURLWithPath: path + "/key.pem"))
        signer = try NoteSigner(name: Self.name, key: key)
    }

    /// One that another process made.
    init(path: String) throws {
        self.path = path
        let pem = try String(contentsOfFile: path + "/key.pem", encoding: .utf8)
        signer = try NoteSigner(name: Self.name, key: PrivateKey(pem: pem))
    }

    private static let name = "bench.example/log"

    func open() throws -> AuditLog { try AuditLog(dataDirectory: path, signer: signer) }

    /// Verifies everything that was published.
    func verify() throws -> LogVerdict {
        var verifier = LogVerifier(
            files: try LogDirectory(path + "/log"), log: try NoteVerifier(vkey: signer.vkey))
        verifier.checksEntries = false
        return verifier.verify()
    }
}
