import Cryptography
import Foundation
import Model
import RemoteHub

@testable import sluis

/// A folder of one test, gone with it.
final class ScratchFolder: Sendable {
    let path: String

    /// - Parameter parent: nil for the system's folder of temporary files.
    init(in parent: String? = nil) {
        let parent = parent.map { URL(filePath: $0) } ?? FileManager.default.temporaryDirectory
        path = parent.appending(path: "sluis-\(UUID())").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { path + "/" + name }

    /// A file with this text, and its path.
    func file(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: path(name)))
        return path(name)
    }
}

/// Profiles made for tests.
enum TestProfile {
    static let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))

    static func authority() throws -> CertificateAuthority {
        try CertificateAuthority.create(commonName: "test", at: now, validDays: 2)
    }

    @discardableResult
    static func write(
        to folder: String, people: String = "https://127.0.0.1:1", machines: String = "https://127.0.0.1:2",
        authority: CertificateAuthority? = nil
    ) throws -> X509Certificate {
        let key = try PrivateKey.generate(.es256)
        let certificate = try SelfSignedCertificate.client(
            commonName: "kbo", userID: "kbo", key: key, at: now, validDays: 1)
        try Profile.write(
            to: folder, people: people, machines: machines,
            authority: (authority ?? self.authority()).certificate.pem, certificate: certificate.pem,
            key: key.pem)
        return certificate
    }
}
