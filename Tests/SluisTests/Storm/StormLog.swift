import MerkleLog
import Model

@testable import sluis

/// The entries of a running hub's log as they are published, each once and in order, from its files.
struct StormLog {
    private let log: HubLog
    private var next: UInt64 = 0

    init(_ hub: TestHub) { log = HubLog(directory: hub.data) }

    /// Those that came since.
    mutating func more() throws -> [(index: Int64, entry: JSON)] {
        let files = try LogDirectory(log.folder)
        guard let note = try files.read("checkpoint") else { return [] }
        let size = try Checkpoint.open(note: note, of: log.key()).size
        var entries: [(Int64, JSON)] = []
        let width = UInt64(TilePath.fullWidth)
        while next < size {
            let bundle = next / width
            let covered = Int(min(width, size - bundle * width))
            // The full bundle may have taken the place of a part of it.
            let bytes = try [covered, TilePath.fullWidth].compactMap {
                try files.read(TilePath.entries(index: bundle, width: $0).path)
            }.first
            guard let bytes else { break }
            for entry in try EntryBundle.decode(bytes)[Int(next % width)..<covered] {
                entries.append((Int64(next), try JSON.parse(entry)))
                next += 1
            }
        }
        return entries
    }
}
