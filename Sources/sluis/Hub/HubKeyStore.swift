import Consent
import Cryptography
import Foundation
import Model

/// The hub's signing key on the disk: `keys/hub.pem`, and while it changes the next one beside it.
struct HubKeyStore: SigningKeyStore {
    let directory: DataDirectory

    private var current: String { directory.key(.hub) }
    private var next: String { directory.keys + "/hub.next.pem" }

    func prepare(_ key: PrivateKey) throws {
        try? FileManager.default.removeItem(atPath: next)
        do { try PrivateFiles.write(key.pem, to: next) } catch {
            throw RetryableFault("disk_failed", "the key could not be kept", cause: "\(error)")
        }
        try sync(next)
        try sync(directory.keys)
    }

    func adopt() throws {
        guard FileReplacement.replace(current, with: next) else {
            throw RetryableFault(
                "disk_failed", "the key could not be kept",
                cause: "`\(next)` cannot take the name `\(current)`")
        }
        try sync(directory.keys)
    }

    func settle(successor: (String) throws -> String?) throws -> PrivateKey {
        let key = try PrivateKey(pem: PrivateFiles.read(current))
        guard FileManager.default.fileExists(atPath: next) else { return key }
        // One that was not written whole is no key.
        let prepared = try? PrivateKey(pem: PrivateFiles.read(next))
        let named = try successor(key.publicKey.jwkThumbprint)
        guard let prepared, let named, prepared.publicKey.jwkThumbprint == named else {
            try FileManager.default.removeItem(atPath: next)
            return key
        }
        try adopt()
        return prepared
    }

    /// Makes a file, or the names in a folder, durable.
    private func sync(_ path: String) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw RetryableFault("disk_failed", "the key could not be kept", cause: "`\(path)` does not open")
        }
        defer { try? handle.close() }
        try handle.synchronize()
    }
}
