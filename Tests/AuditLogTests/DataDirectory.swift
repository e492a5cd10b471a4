import Cryptography
import Foundation
import MerkleLog
import Model
import Testing

@testable import AuditLog

/// A data directory with `journal/` and `log/`, gone when the test is, and the key of its log.
final class DataDirectory: Sendable {
    let path: String
    let signer: NoteSigner

    /// In memory where there is room for it: no test here can see what a power cut would leave.
    static let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : NSTemporaryDirectory()

    init(signer: NoteSigner? = nil, in parent: String = DataDirectory.parent) throws {
        path = parent + "/sluis-log-" + UUID().uuidString
        self.signer = try signer ?? newSigner()
        for folder in ["/journal", "/log"] {
            try FileManager.default.createDirectory(atPath: path + folder, withIntermediateDirectories: true)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Without a reserve, which would refuse what tests of full disks want to see.
    func open(in system: any FileSystem = SystemFiles()) throws -> AuditLog {
        try AuditLog(dataDirectory: path, signer: signer, reservedDiskBytes: 0, in: system)
    }

    var firstSegment: String { Journal.path(path + "/journal", 0) }
    var synced: String { path + "/journal/synced" }
    var checkpoint: String { path + "/log/checkpoint" }

    func bytes(_ file: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file))) }

    func write(_ bytes: [UInt8], to file: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file))
    }

    func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: file) }

    /// All regular files below `folder`, as paths relative to the data directory, sorted. A running log makes
    /// and removes folders meanwhile: what vanishes while it is listed is left out.
    func files(in folder: String) throws -> [String] {
        let manager = FileManager.default
        guard let names = try? manager.contentsOfDirectory(atPath: path + "/" + folder) else { return [] }
        return try names.sorted().flatMap { name -> [String] in
            let file = folder + "/" + name
            var isDirectory: ObjCBool = false
            guard manager.fileExists(atPath: path + "/" + file, isDirectory: &isDirectory) else { return [] }
            return isDirectory.boolValue ? try files(in: file) : [file]
        }
    }

    /// Copies these files, those that have vanished meanwhile left out, into another data directory.
    func copy(_ files: [String], to other: DataDirectory) throws {
        for file in files {
            guard let data = FileManager.default.contents(atPath: path + "/" + file) else { continue }
            let target = other.path + "/" + file
            let folder = (target as NSString).deletingLastPathComponent
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try data.write(to: URL(fileURLWithPath: target))
        }
    }

    /// A copy with all files of a log at rest.
    func copied() throws -> DataDirectory {
        let other = try DataDirectory(signer: signer)
        try copy(files(in: "log") + files(in: "journal"), to: other)
        return other
    }

    /// The published checkpoint, its signature checked; nil if there is none.
    func publishedCheckpoint() throws -> Checkpoint? {
        guard let note = FileManager.default.contents(atPath: checkpoint) else { return nil }
        return try Checkpoint.open(note: Array(note), of: NoteVerifier(vkey: signer.vkey))
    }

    /// What an auditor says.
    func verdict(checksEntries: Bool = false) throws -> LogVerdict {
        var verifier = LogVerifier(
            files: try LogDirectory(path + "/log"), log: try NoteVerifier(vkey: signer.vkey))
        verifier.checksEntries = checksEntries
        return verifier.verify()
    }

    /// The first `size` entries, as its readers find them: in the bundles.
    func publishedEntries(_ size: UInt64) throws -> [[UInt8]] {
        var entries: [[UInt8]] = []
        while UInt64(entries.count) < size {
            let index = UInt64(entries.count) / 256
            let width = Int(min(256, size - index * 256))
            entries += try EntryBundle.decode(tile(.entries(index: index, width: width))).prefix(width)
        }
        return entries
    }

    /// The bytes of a tile or bundle, or of the full one that has replaced it.
    func tile(_ path: TilePath) throws -> [UInt8] {
        if let data = FileManager.default.contents(atPath: "\(self.path)/log/\(path)") { return Array(data) }
        let full = path.path.components(separatedBy: ".p/")[0]
        return Array(
            try #require(
                FileManager.default.contents(atPath: "\(self.path)/log/\(full)"), "`\(path)` is missing"))
    }

    /// Holds the whole published log against the entries that it should have.
    func expectPublished(_ entries: [[UInt8]], checksEntries: Bool = false) throws {
        let verdict = try verdict(checksEntries: checksEntries)
        #expect(verdict.description == "verified \(entries.count) entries, root \(naiveRoot(entries[...]))")
        #expect(try publishedEntries(UInt64(entries.count)) == entries)
    }
}

func newSigner(_ name: String = "log.example/sluis") throws -> NoteSigner {
    try NoteSigner(name: name, key: .generate(.ed25519))
}

/// MTH of RFC 9162 section 2.1.1, word for word: no code of the module is in it but the digest.
func naiveRoot(_ entries: ArraySlice<[UInt8]>) -> TreeHash {
    func root(_ entries: ArraySlice<[UInt8]>) -> [UInt8] {
        if entries.count <= 1 { return SHA256.hash(entries.first.map { [0] + $0 } ?? []) }
        var split = 1
        while split * 2 < entries.count { split *= 2 }
        let middle = entries.startIndex + split
        return SHA256.hash([1] + root(entries[..<middle]) + root(entries[middle...]))
    }
    guard let hash = TreeHash(root(entries)) else { preconditionFailure("a digest has 32 bytes") }
    return hash
}

let noon = Instant(milliseconds: 1_780_000_000_000)

/// An entry as the hub writes them.
func entry(_ text: String, number: Int64? = nil, at time: Instant = noon) -> [UInt8] {
    let json: JSON = [
        "v": 1, "type": "grant.given", "at": JSON(time), "actor": ["org": .null, "seq": 999_999],
        "nonce": "AAAAAAAAAAAAAAAAAAAAAA", "seq": number.map(JSON.integer) ?? .null, "text": .string(text),
    ]
    return json.canonical
}

func entries(_ range: Range<Int>) -> [[UInt8]] { range.map { entry("entry \($0)") } }

extension AuditLog {
    /// Queues all at once and waits for all: they go into few commits, in this order.
    @discardableResult
    func appendAll(_ entries: [[UInt8]]) async throws -> [UInt64] {
        let (answers, continuation) = AsyncStream.makeStream(of: (Int, Result<UInt64, RetryableFault>).self)
        for (place, entry) in entries.enumerated() { append(entry) { continuation.yield((place, $0)) } }
        var indexes = [UInt64](repeating: 0, count: entries.count)
        for await (place, answer) in answers.prefix(entries.count) { indexes[place] = try answer.get() }
        return indexes
    }
}
