import Cryptography
import Foundation
import MerkleLog
import Model
import Policies
import PolicyEngine
import Synchronization
import TestSupport

let noon = Instant(milliseconds: 1_780_000_000_000)

func slug(_ text: String) -> Slug {
    guard let slug = Slug(text) else { preconditionFailure("`\(text)` is no slug") }
    return slug
}

/// What stays when a hub is stopped: its folders, its keys, and the time.
final class Home: Sendable {
    static let host = "hub.example"

    let database: String
    let datasets: String
    let logDirectory: String
    let clock = TestClock()
    let hubKey: PrivateKey
    let signer: NoteSigner
    /// Read once for all tests.
    static let policies = Result {
        try PolicyLibrary(
            purposes: ShippedPolicies.purposes, guardrails: ShippedPolicies.guardrails,
            byAgreement: ShippedPolicies.byAgreement)
    }
    /// Unmounted when the test is over.
    private let disks: [Tmpfs]

    /// - Parameters:
    ///   - logDisk: where the log's journal and tiles lie; nil for the folder of the rest.
    ///   - databaseDisk: where the database lies.
    init(logDisk: Tmpfs? = nil, databaseDisk: Tmpfs? = nil) throws {
        let folder = try TemporaryFolder.make()
        database = (databaseDisk?.path ?? folder) + "/hub.db"
        datasets = folder + "/data"
        logDirectory = logDisk?.path ?? folder
        disks = [logDisk, databaseDisk].compactMap { $0 }
        for path in [datasets, logDirectory + "/journal", logDirectory + "/log"] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        hubKey = try PrivateKey.generate(.es256)
        signer = try NoteSigner(name: "\(Self.host)/log", key: .generate(.ed25519))
    }

    /// The names below a dataset's folder.
    func files(of dataset: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: datasets + "/" + dataset)) ?? []
    }

    /// Every byte of the log as it lies on disk.
    func logBytes() throws -> [UInt8] {
        var bytes: [UInt8] = []
        for part in ["journal", "log"] {
            let path = logDirectory + "/" + part
            for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
                bytes += FileManager.default.contents(atPath: path + "/" + name) ?? Data()
            }
        }
        return bytes
    }

    /// The entries under the published checkpoint, in order. The log must be closed.
    func entries() throws -> [JSON] {
        let note = try Data(contentsOf: URL(fileURLWithPath: logDirectory + "/log/checkpoint"))
        let checkpoint = try Checkpoint.open(note: Array(note), of: NoteVerifier(vkey: signer.vkey))
        var entries: [JSON] = []
        while UInt64(entries.count) < checkpoint.size {
            let index = UInt64(entries.count) / 256
            let width = Int(min(256, checkpoint.size - index * 256))
            let path = TilePath.entries(index: index, width: width).path
            let full = path.components(separatedBy: ".p/")[0]
            let bytes =
                FileManager.default.contents(atPath: logDirectory + "/log/" + path)
                ?? FileManager.default.contents(atPath: logDirectory + "/log/" + full) ?? Data()
            let bundle = try EntryBundle.decode(Array(bytes)).prefix(width)
            guard bundle.count == width else { throw CocoaError(.fileReadCorruptFile) }
            entries += try bundle.map { try JSON.parse($0) }
        }
        return entries
    }
}

/// New folders, which are gone when the process ends: a hub may open files in them at any time before.
enum TemporaryFolder {
    private static let made = Mutex<[String]>([])
    /// In memory where there is room for it: no test here can see what a power cut would leave.
    private static let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : NSTemporaryDirectory()
    private static let removalAtExit: Void = {
        atexit {
            for path in TemporaryFolder.made.withLock({ $0 }) {
                try? FileManager.default.removeItem(atPath: path)
            }
        }
    }()

    static func make() throws -> String {
        _ = removalAtExit
        let path = parent + "sluis-consent-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        made.withLock { $0.append(path) }
        return path
    }
}
