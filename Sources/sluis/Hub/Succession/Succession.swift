import AuditLog
import Cryptography
import Foundation
import MerkleLog
import Model
import Registry

/// Lets another log go on where a hub's log has lost its end.
///
/// Crash safety: everything new is made in `succession.new/`, which counts for nothing; renaming it to
/// `succession/` is the moment from which the successor is the hub's log. What follows only moves things to
/// their places and can be done again; until it is done the hub does not start.
struct Succession {
    /// What `sluis log succeed` answers.
    struct Result {
        /// The successor's key, and the folder in which the old log lies now.
        var vkey: String
        var former: String
        var note: SuccessionNote
    }

    let hub: StoppedHub
    /// Checkpoints of the old log that the operator brings, signed notes.
    let heads: [String]

    private static let manager = FileManager.default

    private var directory: DataDirectory { hub.directory }
    private var draft: String { directory.succession + ".new" }
    private var pending: String { directory.succession }

    /// - Throws: `LogError` `log_is_whole` if there is no need, another one if the old log cannot be read.
    func run() throws -> Result {
        if !Self.isThere(pending) { try prepare() }
        return try finish()
    }

    /// Makes the successor beside the old log.
    private func prepare() throws {
        let old = try HubLog(directory: directory.path).key()
        guard let name = LogName(String(old.name)) else {
            throw Refusal("`\(old.name)` is not the name of a hub's log")
        }
        let registry = try hub.openRegistry()
        let remembered = try registry.rememberedHead(of: old.name)
        let rows = try registry.pendingRows()
        // What is neither in the outbox nor in the journal went with the end of the log.
        let dropped = try rows.first.map { $0.number - 1 } ?? registry.newestNumber()
        try registry.close()
        let left = try LogSuccession(
            dataDirectory: directory.path, log: old, heads: heads + [remembered].compactMap(\.self),
            dropped: dropped)
        try? Self.manager.removeItem(atPath: draft)
        for (folder, mode) in [("", 0o700), ("/journal", 0o700), ("/log", 0o755)] {
            try Self.manager.createDirectory(
                atPath: draft + folder, withIntermediateDirectories: false,
                attributes: [.posixPermissions: mode])
        }
        let key = try PrivateKey.generate(.ed25519)
        try PrivateFiles.write(key.pem, to: draft + "/log.pem")
        let vkey = try NoteSigner(name: name.successor.text, key: key).vkey
        try (vkey + "\n").write(toFile: draft + "/log.vkey", atomically: false, encoding: .utf8)
        var sweep = try SideFileSweep(dataDirectory: directory.path)
        try left.write(
            first: Self.opening(left, of: old, named: name.successor.text),
            end: Self.closing(left, of: old, dropped: dropped), to: draft + "/journal"
        ) { sweep.claim($0) }
        for row in rows { sweep.claim(row.entry) }
        let note = SuccessionNote(
            folder: name.formerFolder, known: left.last.size, carried: left.carried, sideFiles: sweep.count)
        try note.json.canonicalText.write(toFile: draft + "/note.json", atomically: false, encoding: .utf8)
        try LogSuccession.makeDurable(draft)
        try Self.manager.moveItem(atPath: draft, toPath: pending)
        try LogSuccession.makeDurable(directory.path)
    }

    /// Puts everything in its place.
    private func finish() throws -> Result {
        let note = try SuccessionNote(String(contentsOfFile: pending + "/note.json", encoding: .utf8))
        let former = "\(directory.path)/\(note.folder)"
        try Self.manager.createDirectory(
            atPath: former, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try removeSideFiles()
        for name in ["journal", "log", "log.vkey"] {
            let (own, old, new) = ("\(directory.path)/\(name)", "\(former)/\(name)", "\(pending)/\(name)")
            if !Self.isThere(old) { try Self.manager.moveItem(atPath: own, toPath: old) }
            if Self.isThere(new) { try Self.manager.moveItem(atPath: new, toPath: own) }
        }
        // The old key must sign nothing any more: whoever finds it could make another end of that log.
        if Self.isThere(pending + "/log.pem") {
            try? Self.manager.removeItem(atPath: directory.key(.log))
            try Self.manager.moveItem(atPath: pending + "/log.pem", toPath: directory.key(.log))
        }
        // It tells of the old log's entries by their old places, and is built anew at the next start.
        for suffix in ["", "-wal", "-shm"] { try? Self.manager.removeItem(atPath: directory.index + suffix) }
        let registry = try hub.openRegistry()
        try registry.forgetHead()
        try registry.close()
        try LogSuccession.makeDurable(directory.path)
        // As a draft it counts for nothing, however much of it is left.
        try Self.manager.moveItem(atPath: pending, toPath: draft)
        try? Self.manager.removeItem(atPath: draft)
        return Result(vkey: try HubLog(directory: directory.path).key().vkey, former: former, note: note)
    }

    /// Removes those that no entry of the successor names. Its journal lies in `succession/`, or is in its
    /// place already.
    private func removeSideFiles() throws {
        var sweep = try SideFileSweep(dataDirectory: directory.path)
        let registry = try hub.openRegistry()
        for row in try registry.pendingRows() { sweep.claim(row.entry) }
        try registry.close()
        let folder = Self.isThere(pending + "/journal") ? pending : directory.path
        try AuditLog.forEachEntry(inDataDirectory: folder) { sweep.claim($0) }
        try sweep.remove()
    }

    private static func isThere(_ path: String) -> Bool { manager.fileExists(atPath: path) }

    /// The first entry: which log this one follows, with the last checkpoint that is known of it.
    private static func opening(_ left: LogSuccession, of old: NoteVerifier, named name: String) -> [UInt8] {
        let event = AuditEvent(
            .logOpened, by: .hub,
            [
                "origin": .string(name),
                "predecessor": [
                    "origin": .string(String(old.name)), "vkey": .string(old.vkey),
                    "checkpoint": .string(left.last.note),
                ],
            ])
        return EntrySealer.system.seal(event, at: .system, number: nil).bytes
    }

    /// What follows the entries that are carried on: where they end, and what is lost behind them.
    private static func closing(_ left: LogSuccession, of old: NoteVerifier, dropped: Int64) -> [UInt8] {
        let event = AuditEvent(
            .logClosed, by: .hub,
            [
                "origin": .string(String(old.name)), "entries": .integer(Int64(clamping: left.last.size)),
                "carried": .integer(Int64(clamping: left.carried)),
                "lost": .integer(Int64(clamping: left.lost)),
            ])
        let number = dropped > left.lastNumber ? dropped : nil
        return EntrySealer.system.seal(event, at: .system, number: number).bytes
    }
}
