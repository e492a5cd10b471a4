import Cryptography
import Foundation
import MerkleLog
import Model

/// A log in a folder, and what an auditor does with it at his shell.
final class AuditedLog {
    let signer: NoteSigner
    let folder = FileManager.default.temporaryDirectory.appending(path: "sluis-verify-\(UUID().uuidString)")
    private(set) var entries: [[UInt8]] = []
    private var writer = TileWriter()

    init(entries count: Int) throws {
        signer = try NoteSigner(name: "hub.example/log", key: .generate(.ed25519))
        try append(count)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var log: String { folder.appending(path: "log").path }
    var root: String { writer.root.base64 }

    /// Appends entries with some more members and publishes a checkpoint.
    func append(_ count: Int, _ members: [String: JSON] = [:]) throws {
        for _ in 0..<count {
            let head: [String: JSON] = [
                "at": "2026-11-22T07:00:00.000Z", "seq": .integer(Int64(entries.count)), "v": 1,
            ]
            let entry = JSON.object(head.merging(members) { $1 }).canonical
            entries.append(entry)
            try writer.append(entry)
        }
        for file in writer.publish() { try write("log/" + file.path.path, file.bytes) }
        try write("log/checkpoint", Array(try checkpoint(signer).utf8))
    }

    func checkpoint(_ signer: NoteSigner) throws -> String {
        try Checkpoint(origin: "hub.example/log", size: writer.size, root: writer.root).signed(by: [signer])
    }

    func proof(of index: UInt64) throws -> TlogProof {
        let nodes = TileNodes(size: writer.size) { [folder] in
            try Array(Data(contentsOf: folder.appending(path: "log/" + $0.path)))
        }
        return TlogProof(
            index: index, hashes: try InclusionProof.make(index: index, size: writer.size, nodes: nodes),
            checkpoint: try checkpoint(signer))
    }

    @discardableResult func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let url = folder.appending(path: name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
        return url.path
    }

    @discardableResult func write(_ name: String, _ text: String) throws -> String {
        try write(name, Array(text.utf8))
    }

    func flip(_ name: String, at position: Int) throws {
        var bytes = Array(try Data(contentsOf: folder.appending(path: name)))
        bytes[position] ^= 1
        try write(name, bytes)
    }
}

/// One run of the program.
struct Run {
    let status: Int32
    let output: String
    let errors: String

    /// The last line of standard output.
    var lastLine: String { output.split(separator: "\n").last.map(String.init) ?? "" }
    var json: JSON? { try? JSON.parse(output.trimmingCharacters(in: .newlines)) }

    /// The program lies beside the tests that were built with it.
    static let program = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "sluis-verify")

    init(_ arguments: String...) throws { try self.init(arguments: arguments) }

    init(arguments: [String]) throws {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        self.output = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        self.errors = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        status = process.terminationStatus
    }
}
