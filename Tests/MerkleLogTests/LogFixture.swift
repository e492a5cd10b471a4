import Cryptography
import Foundation
@testable import MerkleLog
import Model
import Testing

/// A log in memory that is written as a publisher writes it, one file after another.
final class LogFixture {
    let signer: NoteSigner
    let verifier: NoteVerifier
    private(set) var writer = TileWriter()
    private(set) var entries: [[UInt8]] = []
    var files = MemoryFiles()

    init() throws {
        signer = try NoteSigner(name: "hub.example/log", key: .generate(.ed25519))
        verifier = try NoteVerifier(vkey: signer.vkey)
        _ = try publish()
    }

    /// A log with a checkpoint published at each of `sizes`.
    convenience init(sizes: [Int], entry: (Int) -> [UInt8] = LogFixture.entry) throws {
        self.init(sharingKeyOf: try LogFixture())
        for size in sizes {
            for number in entries.count..<max(size, entries.count) { try append(entry(number)) }
            _ = try publish()
        }
    }

    /// An empty log under the same key.
    init(sharingKeyOf other: LogFixture) {
        signer = other.signer
        verifier = other.verifier
        files = other.files
    }

    /// A valid entry of Sluis.
    static func entry(_ number: Int) -> [UInt8] {
        let time = Instant(milliseconds: 1_795_000_000_000 + Int64(number / 3))
        let json: JSON = .object([
            "v": 1, "type": "access", "at": JSON(time),
            "seq": number % 4 == 3 ? .null : .integer(Int64(number)),
        ])
        return json.canonical
    }

    func append(_ entry: [UInt8]) throws {
        try writer.append(entry)
        entries.append(entry)
    }

    /// The files of the next publication in the order in which they are written, the checkpoint last.
    func publication() throws -> [(path: String, bytes: [UInt8])] {
        let tiles = writer.publish().map { (path: $0.path.path, bytes: $0.bytes) }
        let checkpoint = Checkpoint(origin: signer.name, size: writer.size, root: writer.root)
        return tiles + [("checkpoint", Array(try checkpoint.signed(by: [signer]).utf8))]
    }

    @discardableResult func publish() throws -> [(path: String, bytes: [UInt8])] {
        let publication = try publication()
        for file in publication { files[file.path] = file.bytes }
        return publication
    }

    /// As `verify`, with several workers.
    func verify(
        workers: Int, _ files: (any LogFiles)? = nil, configure: (inout LogVerifier) -> Void = { _ in }
    ) async -> LogVerifier.Outcome {
        var verifier = LogVerifier(files: files ?? self.files, log: verifier)
        configure(&verifier)
        return await verifier.verify(workers: workers)
    }

    /// The checkpoint over all entries so far.
    var checkpoint: Checkpoint { Checkpoint(origin: signer.name, size: writer.size, root: writer.root) }

    func verify(
        _ files: (any LogFiles)? = nil, configure: (inout LogVerifier) -> Void = { _ in }
    ) -> LogVerdict {
        var verifier = LogVerifier(files: files ?? self.files, log: verifier)
        configure(&verifier)
        return verifier.verify()
    }
}

/// Files in memory.
struct MemoryFiles: LogFiles, Sendable {
    var contents: [String: [UInt8]] = [:]

    subscript(path: String) -> [UInt8]? {
        get { contents[path] }
        set { contents[path] = newValue }
    }

    func names(in folder: String) throws -> [LogFileName] {
        let prefix = Array((folder.isEmpty ? "" : folder + "/").utf8)
        let names = contents.keys.filter { $0.utf8.starts(with: prefix) }.map { path in
            let rest = Array(path.utf8.dropFirst(prefix.count))
            let name = rest.prefix { $0 != UInt8(ascii: "/") }
            return LogFileName(String(decoding: name, as: UTF8.self), isFolder: name.count < rest.count)
        }
        return Array(Set(names))
    }

    func read(_ path: String) throws -> [UInt8]? { contents[path] }
}

extension LogFiles {
    /// The paths of all files.
    func list(_ folder: String = "") throws -> [String] {
        try names(in: folder).flatMap { name in
            let path = folder.isEmpty ? name.text : folder + "/" + name.text
            return name.isFolder ? try list(path) : [path]
        }
    }
}

/// A folder that is removed at the end.
final class TemporaryFolder {
    let path = FileManager.default.temporaryDirectory.appending(path: "sluis-\(UUID().uuidString)").path

    init(_ files: MemoryFiles = MemoryFiles()) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, bytes) in files.contents { try write(name, bytes) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let url = URL(fileURLWithPath: path).appending(path: name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }
}

extension LogVerdict {
    var verifiedSize: UInt64? { if case .verified(let size, _, _) = self { size } else { nil } }
}

extension LogFailure {
    /// Whether the failure names the file at `path`, or an entry inside it.
    func names(_ path: String) -> Bool {
        switch subject {
        case .file(let named), .entry(in: let named): named == path
        case .eitherFile(let one, let other): one == path || other == path
        case .signature, .checkpoint: path == "checkpoint"
        case .root: false
        }
    }
}
