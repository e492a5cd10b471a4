import MerkleLog

/// Which files to fetch before they are asked for.
///
/// A state machine without I/O. A reader says which tiles it is about to read; of each such run at most a few
/// files lie ready or on their way, few requests run at a time, and all that lies ready or has arrived stays
/// under a number of bytes: a file that does not fit is dropped while it arrives and fetched again when its
/// turn comes.
struct ReadAhead {
    struct Limits: Sendable {
        /// Of one run, ready or on their way.
        var filesOfRun = 32
        /// Of all runs, on their way.
        var filesInFlight = 16
        /// Of all files that are ready, and of those on their way what has arrived.
        var sizeBytes = 64 << 20
    }

    /// A file to fetch.
    struct Fetch: Hashable, Sendable {
        let number: Int
        let tile: TilePath
    }

    private struct Run {
        let tiles: TileRange
        /// The position of the next tile to fetch.
        var next = 0
        /// Ready or on their way.
        var files = 0
    }

    private struct File {
        let number: Int
        let run: Int
        /// What is held for it: what it is expected to have, or has if that is more.
        var heldBytes: Int
        var arrivedBytes = 0
    }

    private let limits: Limits
    private var lastNumber = 0
    /// By number, so that the oldest comes first.
    private var runs: [(number: Int, run: Run)] = []
    private var files: [TilePath: File] = [:]
    /// The fetches that run, and what they are of.
    private var inFlight: [Int: TilePath] = [:]
    /// Those of them that somebody waits for: they are no longer ahead of anything.
    private var taken: Set<Int> = []
    /// Of all files.
    private(set) var heldBytes = 0
    /// What the newest file of each kind had: what the next is expected to have.
    private var expectedBytes: [TilePath.Kind: Int] = [:]

    init(_ limits: Limits = Limits()) { self.limits = limits }

    private mutating func newNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }

    /// Takes in that these tiles are about to be read.
    ///
    /// - Returns: the run's number.
    mutating func begin(_ tiles: TileRange) -> Int {
        let number = newNumber()
        runs.append((number, Run(tiles: tiles)))
        return number
    }

    /// Takes in that nothing more of a run will be read: what was not, is dropped.
    ///
    /// - Returns: the numbers of the fetches dropped.
    mutating func end(run number: Int) -> [Int] {
        runs.removeAll { $0.number == number }
        let left = files.filter { $0.value.run == number }
        for path in left.keys { drop(path) }
        return left.values.map(\.number)
    }

    /// The file to fetch next, if one may be fetched now.
    mutating func next() -> Fetch? {
        guard inFlight.count < limits.filesInFlight else { return nil }
        for position in runs.indices {
            while runs[position].run.next < runs[position].run.tiles.count,
                runs[position].run.files < limits.filesOfRun
            {
                let tile = runs[position].run.tiles[runs[position].run.next]
                let expected = expectedBytes[tile.kind] ?? 0
                guard heldBytes + expected <= limits.sizeBytes else { return nil }
                runs[position].run.next += 1
                // Two runs over one place: the first has it.
                guard files[tile] == nil else { continue }
                return begin(tile, of: position, holding: expected)
            }
        }
        return nil
    }

    private mutating func begin(_ tile: TilePath, of position: Int, holding expected: Int) -> Fetch {
        let number = newNumber()
        files[tile] = File(number: number, run: runs[position].number, heldBytes: expected)
        heldBytes += expected
        runs[position].run.files += 1
        inFlight[number] = tile
        return Fetch(number: number, tile: tile)
    }

    /// Takes in that a tile is read now.
    ///
    /// - Returns: the fetch that brings it or has brought it; nil if it has to be fetched.
    mutating func take(_ tile: TilePath) -> Int? {
        if let file = files[tile] {
            drop(tile)
            if inFlight[file.number] != nil { taken.insert(file.number) }
            return file.number
        }
        // The reader was quicker: it must not be fetched twice.
        for position in runs.indices {
            let run = runs[position].run
            if run.next < run.tiles.count, run.tiles[run.next] == tile { runs[position].run.next += 1 }
        }
        return nil
    }

    /// Takes in that bytes arrive.
    ///
    /// - Returns: false if the fetch is to be given up.
    mutating func receive(_ count: Int, of number: Int) -> Bool {
        guard let tile = inFlight[number] else { return false }
        if taken.contains(number) { return true }
        guard var file = files[tile], file.number == number else { return false }
        file.arrivedBytes += count
        let more = max(0, file.arrivedBytes - file.heldBytes)
        guard heldBytes + more <= limits.sizeBytes else {
            drop(tile)
            return false
        }
        file.heldBytes += more
        heldBytes += more
        files[tile] = file
        return true
    }

    /// Takes in that a fetch has ended.
    ///
    /// - Parameter sizeBytes: of the file; nil if none came: then whoever reads it has to ask again.
    mutating func finish(_ number: Int, sizeBytes: Int?) {
        taken.remove(number)
        guard let tile = inFlight.removeValue(forKey: number) else { return }
        if let sizeBytes { expectedBytes[tile.kind] = sizeBytes }
        guard let file = files[tile], file.number == number else { return }
        guard let sizeBytes else {
            // A server in trouble is not asked for more of the run than what is read.
            if let position = runs.firstIndex(where: { $0.number == file.run }) {
                runs[position].run.next = runs[position].run.tiles.count
            }
            return drop(tile)
        }
        heldBytes += sizeBytes - file.heldBytes
        files[tile]?.heldBytes = sizeBytes
    }

    private mutating func drop(_ tile: TilePath) {
        guard let file = files.removeValue(forKey: tile) else { return }
        heldBytes -= file.heldBytes
        if let position = runs.firstIndex(where: { $0.number == file.run }) {
            runs[position].run.files -= 1
        }
    }
}
