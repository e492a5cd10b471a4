internal import MerkleLog
internal import Synchronization

/// Writes tiles and bundles below `log/`, without fsync: the journal rebuilds them.
final class TileFolder: Sendable {
    private let root: String
    private let system: any FileSystem
    private let knownFolders = Mutex<Set<String>>([])

    /// Outside `log/`, so that a crash leaves no stranger there. One name for all: one file is written at a
    /// time.
    private let temporary: String

    init(dataDirectory: String, in system: any FileSystem) {
        root = dataDirectory + "/log"
        temporary = dataDirectory + "/journal/unpublished"
        self.system = system
    }

    /// Puts a file in place. A full tile replaces the partial ones.
    func write(_ file: TileFile) throws(LogError) {
        var folder = root
        for part in file.path.path.split(separator: "/").dropLast() {
            folder += "/" + part
            if knownFolders.withLock({ $0.contains(folder) }) { continue }
            try system.makeDirectory(folder, mode: 0o755)
            _ = knownFolders.withLock { $0.insert(folder) }
        }
        let path = "\(root)/\(file.path.path)"
        try system.replace(path, with: file.bytes, through: temporary, durably: false)
        if file.path.isFull { try removePartials(of: file.path, at: path + ".p") }
    }

    /// Puts a file in place unless it is there already, byte for byte: after a crash most are, and reading
    /// one costs a tenth of writing it.
    func restore(_ file: TileFile) throws(LogError) {
        let path = "\(root)/\(file.path.path)"
        guard try system.read(path) == file.bytes else { return try write(file) }
        if file.path.isFull { try removePartials(of: file.path, at: path + ".p") }
    }

    /// C2SP tlog-tiles: readers take the full tile where a partial one is gone. Those of higher levels are
    /// few, and the synced state may rely on one of them.
    private func removePartials(of full: TilePath, at folder: String) throws(LogError) {
        guard full.kind == .entries || full.kind == .hashes(level: 0) else { return }
        try system.removeDirectory(folder)
        knownFolders.withLock { _ = $0.remove(folder) }
    }

    /// Writes the narrower partial files of the same place anew, those that are there.
    func rewriteNarrower(_ file: TileFile) throws(LogError) {
        // The path of a tile has a dot only before `p`.
        let folder = "\(root)/\(file.path.path.prefix { $0 != "." }).p"
        guard system.exists(folder) else { return }
        for name in try system.list(folder) {
            guard let width = Int(name), width < file.path.width, let narrower = file.narrowed(to: width)
            else { continue }
            try system.replace("\(folder)/\(name)", with: narrower, through: temporary, durably: false)
        }
    }
}
