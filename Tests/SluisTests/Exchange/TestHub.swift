import Cryptography
import Foundation
import Glibc
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// A hub of one test: a fresh data directory and a real `sluis serve`, on ports that it picks once and keeps
/// when it is started again.
final class TestHub: @unchecked Sendable {
    // `Process` is not Sendable; tests use a hub from one task when they start or end it.
    private var process: Process?
    let scratch: ScratchFolder
    let authority: CertificateAuthority
    private(set) var people = "https://127.0.0.1:0"
    private(set) var machines = "https://127.0.0.1:0"
    /// What the hub wrote on standard error, since the first start.
    var errors: String { (try? String(contentsOfFile: scratch.path("stderr"), encoding: .utf8)) ?? "" }

    var data: String { scratch.path("hub") }

    /// - Parameters:
    ///   - host: its name.
    ///   - settings: lines that are added to `sluis.yaml`.
    ///   - parent: where its folder is made; nil for the system's folder of temporary files.
    init(host: String = "localhost", settings: String = "", in parent: String? = nil) throws {
        scratch = ScratchFolder(in: parent)
        let made = try Program.run("sluis", ["init", "--data", scratch.path("hub"), "--host", host])
        try #require(made.status == 0, "\(made.errors)")
        let directory = DataDirectory(scratch.path("hub"))
        authority = try CertificateAuthority(
            certificate: X509Certificate(pem: String(contentsOfFile: directory.authority, encoding: .utf8)),
            key: PrivateKey(pem: PrivateFiles.read(directory.key(.authority))))
        _ = FileManager.default.createFile(atPath: scratch.path("stderr"), contents: nil)
        try configure(settings)
        try start()
    }

    /// Adds lines to `sluis.yaml`, for the next start.
    func configure(_ lines: String) throws {
        let file = try #require(FileHandle(forWritingAtPath: DataDirectory(data).configuration))
        try file.seekToEnd()
        try file.write(contentsOf: Data(lines.utf8))
    }

    /// The key of its log, or with `--witness` the one with which it cosigns.
    func vkey(_ options: [String] = []) throws -> String {
        let printed = try Program.run("sluis", ["log", "vkey", "--data", data] + options)
        try #require(printed.status == 0, "\(printed.errors)")
        return printed.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    deinit { kill() }

    /// Starts the hub and waits until both listeners accept.
    func start() throws {
        let process = Process()
        process.executableURL = Program.folder.appendingPathComponent("sluis")
        process.arguments = [
            "serve", "--data", data, "--people", String(people.dropFirst(8)),
            "--machines", String(machines.dropFirst(8)),
        ]
        let output = Pipe()
        let errors = try #require(FileHandle(forWritingAtPath: scratch.path("stderr")))
        try errors.seekToEnd()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        self.process = process
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n"),
            let byte = try output.fileHandleForReading.read(upToCount: 1)?.first
        {
            line.append(byte)
        }
        let json = try #require(try? JSON.parse(line), "the hub did not start: \(self.errors)")
        people = try #require(json["people"]?.string)
        machines = try #require(json["machines"]?.string)
    }

    var processIdentifier: Int32? { process?.processIdentifier }

    var isRunning: Bool { process?.isRunning == true }

    /// SIGKILL, as a power cut.
    func kill() { end(SIGKILL) }

    /// SIGTERM: running answers are finished.
    @discardableResult
    func stop() -> Int32? { end(SIGTERM) }

    @discardableResult
    private func end(_ signal: Int32) -> Int32? {
        guard let process else { return nil }
        Glibc.kill(process.processIdentifier, signal)
        process.waitUntilExit()
        self.process = nil
        return process.terminationStatus
    }

    // MARK: Parties

    var operatorClient: HubClient {
        get throws { HubClient(try Profile(folder: data + "/profiles/operator")) }
    }

    /// A client with this certificate, or with a new one of the hub's authority that nobody registered.
    func client(
        _ name: String, _ certificate: (X509Certificate, PrivateKey)? = nil
    ) throws -> HubClient {
        let (certificate, key) = try certificate ?? self.certificate(name)
        let folder = scratch.path("profiles/\(name)-\(UUID())")
        try Profile.write(
            to: folder, people: people, machines: machines, authority: authority.certificate.pem,
            certificate: certificate.pem, key: key.pem)
        return HubClient(try Profile(folder: folder))
    }

    func certificate(
        _ name: String, at time: Instant = .system, days: Int = 2
    ) throws -> (X509Certificate, PrivateKey) {
        let key = try PrivateKey.generate(.es256)
        let template = CertificateTemplate(
            .organisation(try #require(Slug(name))), commonName: name, validDays: days)
        return (try authority.issue(template, for: key.publicKey, at: time), key)
    }

    func organisation(
        _ id: String, roles: [String], _ certificate: (X509Certificate, PrivateKey)? = nil
    ) async throws -> HubClient {
        let made = try certificate ?? self.certificate(id)
        _ = try await operatorClient.call(
            .post, "/api/v1/organisations",
            body: .json([
                "id": .string(id), "name": .string("Organisation \(id)"), "roles": JSON(roles),
                "certificate": .string(made.0.pem),
            ]))
        return try client(id, made)
    }

    /// - Returns: the identifier that the hub chose, and a client.
    func person(
        _ name: String, organisation: String? = nil, role: String? = nil
    ) async throws -> (id: String, client: HubClient) {
        let made = try certificate(name)
        let answer = try await operatorClient.call(
            .post, "/api/v1/persons",
            body: .json([
                "name": .string(name), "organisation": JSON(organisation), "role": JSON(role),
                "certificate": .string(made.0.pem),
            ]))
        return (try answer.text("id"), try client(name, made))
    }

    // MARK: The log

    /// All entries, as the directory has them.
    func entries() throws -> [JSON] {
        let verified = try Program.run("sluis", ["log", "verify", "--data", data, "--json"])
        try #require(verified.status == 0, "\(verified.output)\(verified.errors)")
        let count = try #require(try JSON.parse(verified.output)["entries"]?.integer)
        let log = HubLog(directory: data)
        return try (0..<count).map { try JSON.parse(log.entry(UInt64($0))) }
    }

    func entries(_ type: String) throws -> [JSON] {
        try entries().filter { $0["type"]?.string == type }
    }
}

extension HubClient {
    /// The problem that a call must come to.
    func problem(
        _ method: Method, _ path: String, body: HubBody? = nil, headers: [(String, String)] = [],
        _ location: SourceLocation = #_sourceLocation
    ) async throws -> HubProblem {
        let problem = await #expect(throws: HubProblem.self, sourceLocation: location) {
            _ = try await self.call(method, path, body: body, headers: .init(headers))
        }
        return try #require(problem, sourceLocation: location)
    }
}
