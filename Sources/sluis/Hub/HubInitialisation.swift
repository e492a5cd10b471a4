import AuditLog
import Cryptography
import Foundation
import MerkleLog
import Model
import Registry
import RemoteHub

/// Makes a hub: keys, development authority, server certificate, database, empty log, operator profile.
struct HubInitialisation {
    /// What `sluis init` answers.
    struct Result {
        var vkey: String
        var authority: String
        var profile: String
    }

    private static let authorityDays = 3650
    private static let certificateDays = 820

    let directory: DataDirectory
    let host: String
    let now: Instant

    /// Makes everything or, if something fails, nothing.
    func run() throws -> Result {
        let manager = FileManager.default
        let isThere = manager.fileExists(atPath: directory.path)
        if isThere, (try? manager.contentsOfDirectory(atPath: directory.path))?.isEmpty != true {
            throw ClientFault(
                .conflict, "directory_not_empty", "`\(directory.path)` is not an empty directory",
                field: "--data", found: directory.path, expected: "a new or empty directory")
        }
        guard Configuration.isHostName(host) else {
            throw ClientFault(
                .badInput, "bad_host", "not a host name", field: "--host", found: host,
                expected: "letters, digits, dots and hyphens")
        }
        do {
            return try make()
        } catch {
            // Half a hub must not look like one.
            for name in (try? manager.contentsOfDirectory(atPath: directory.path)) ?? [] {
                try? manager.removeItem(atPath: "\(directory.path)/\(name)")
            }
            if !isThere { try? manager.removeItem(atPath: directory.path) }
            throw error
        }
    }

    private func make() throws -> Result {
        let manager = FileManager.default
        do {
            try manager.createDirectory(
                atPath: directory.path, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            // One that was there already may be open to others.
            try manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory.path)
        } catch let error as CocoaError {
            throw ClientFault(
                .badInput, "unwritable_directory",
                "`\(directory.path)` cannot be made: \(error.localizedDescription)", field: "--data",
                found: directory.path)
        }
        for folder in DataDirectory.folders {
            try manager.createDirectory(
                atPath: "\(directory.path)/\(folder.name)", withIntermediateDirectories: false,
                attributes: [.posixPermissions: folder.mode])
        }
        let logKey = try newKey(.log, .ed25519)
        _ = try newKey(.witness, .ed25519)
        try PrivateFiles.write(
            String(decoding: WitnessKeeper.emptyState, as: UTF8.self), to: directory.witnessState)
        _ = try newKey(.hub, .es256)
        let vkey = try NoteSigner(name: "\(host)/log", key: logKey).vkey
        try Data((vkey + "\n").utf8).write(to: URL(fileURLWithPath: directory.logVerifierKey))
        let authority = try makeAuthority()
        try makeServerCertificate(authority)
        try makeOperator(authority)
        try Data("host: \(host)\n".utf8).write(to: URL(fileURLWithPath: directory.configuration))
        return Result(vkey: vkey, authority: directory.authority, profile: directory.operatorProfile)
    }

    private func newKey(_ name: DataDirectory.KeyName, _ algorithm: SignatureAlgorithm) throws -> PrivateKey {
        let key = try PrivateKey.generate(algorithm)
        try PrivateFiles.write(key.pem, to: directory.key(name))
        return key
    }

    private func makeAuthority() throws -> CertificateAuthority {
        let authority = try CertificateAuthority.create(
            commonName: "Sluis development authority of \(host)", at: now, validDays: Self.authorityDays)
        try PrivateFiles.write(authority.key.pem, to: directory.key(.authority))
        try Data(authority.certificate.pem.utf8).write(to: URL(fileURLWithPath: directory.authority))
        return authority
    }

    private func makeServerCertificate(_ authority: CertificateAuthority) throws {
        let key = try newKey(.server, .es256)
        let names = host == "localhost" ? [host] : [host, "localhost"]
        let template = CertificateTemplate(
            .server(dnsNames: names, ipAddresses: ["127.0.0.1", "::1"]), commonName: host,
            validDays: Self.certificateDays, uris: [])
        let certificate = try authority.issue(template, for: key.publicKey, at: now)
        try PrivateFiles.write(certificate.pem, to: directory.serverCertificate)
    }

    /// The first person of the hub, and the first entries of its log: they lie in the outbox until the hub
    /// runs.
    private func makeOperator(_ authority: CertificateAuthority) throws {
        let registry = try Registry(path: directory.database, sealer: .system)
        let random = SecureRandom.bytes(10)
        let id = PersonID(
            at: now,
            random: (
                UInt16(random[8]) << 8 | UInt16(random[9]),
                random.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            ))
        let key = try PrivateKey.generate(.es256)
        let template = CertificateTemplate(
            .person(id), commonName: "operator", validDays: Self.certificateDays,
            uris: ["https://\(host)/id/persons/\(id)"])
        let certificate = try authority.issue(template, for: key.publicKey, at: now)
        try registry.write(at: now) { writer in
            _ = try writer.record(AuditEvent(.logOpened, by: .hub, ["origin": .string("\(host)/log")]))
            try writer.insert(Person(id: id, name: "operator", role: .operator))
            try writer.insert(
                Credential(
                    thumbprint: certificate.thumbprint, principal: .person(id), certificate: certificate.pem,
                    notAfter: certificate.notAfter))
            _ = try writer.record(
                AuditEvent(
                    .personAdded, by: .hub, ["organisation": .null, "role": "operator"],
                    persons: ["person": id]))
        }
        try registry.close()
        try Profile.write(
            to: directory.operatorProfile, people: "https://127.0.0.1:8443",
            machines: "https://127.0.0.1:8444",
            authority: authority.certificate.pem, certificate: certificate.pem, key: key.pem)
    }
}

extension EntrySealer {
    /// With the system's randomness.
    static let system = EntrySealer(random: SecureRandom.bytes, sha256: { SHA256.hash($0) })
}
