internal import MerkleLog

/// The durable record of all entries: segments of frames in the folder `journal/`, each named by its first
/// index, each begun when the one before has grown past `segmentBytes`.
struct Journal: ~Copyable {
    static let segmentBytes = 64 << 20

    private let folder: String
    private let system: any FileSystem
    private var file: AppendedFile
    private var fileBytes: Int
    private(set) var size: UInt64

    /// Goes on where the replay ended: cuts off a torn frame, or creates the first segment if there is none.
    init(continuing replay: JournalReplay, in system: any FileSystem) throws(LogError) {
        let file = try AppendedFile(Self.path(replay.folder, replay.lastSegment), in: system)
        if replay.isTorn { try file.truncate(toBytes: replay.endBytes) }
        // The name of a segment must be as durable as what it will hold.
        try system.synchroniseDirectory(replay.folder)
        self.file = file
        self.system = system
        folder = replay.folder
        fileBytes = replay.endBytes
        size = replay.size
    }

    /// Appends the entries as one frame and makes them durable.
    ///
    /// After a throw nothing may be appended any more: what the file holds then is only known after opening.
    mutating func append(_ entries: [NewEntry]) throws(LogError) {
        try write(entries)
        try synchronise()
    }

    /// Appends the entries as one frame, and lets the disk begin with it; they are durable after
    /// `synchronise`. After a throw nothing may be appended any more.
    mutating func write(_ entries: [NewEntry]) throws(LogError) {
        if fileBytes > Self.segmentBytes { try beginSegment() }
        let frame = JournalFrame(
            firstIndex: size, entries: entries.map(\.bytes), leaves: entries.map(\.leaf))
        let bytes = frame.encoded()
        try file.append(bytes)
        file.startWriting()
        fileBytes += bytes.count
        size += UInt64(entries.count)
    }

    /// Makes durable what was written. After a throw nothing may be appended any more.
    func synchronise() throws(LogError) { try file.synchronise() }

    private mutating func beginSegment() throws(LogError) {
        file = try AppendedFile(Self.path(folder, size), in: system)
        fileBytes = 0
        try system.synchroniseDirectory(folder)
    }

    static func path(_ folder: String, _ first: UInt64) -> String {
        let digits = String(first)
        return "\(folder)/\(String(repeating: "0", count: 20 - digits.utf8.count))\(digits).journal"
    }

    /// Nil for other names than those that `path` gives.
    static func firstIndex(ofSegment name: String) -> UInt64? {
        guard name.utf8.count == 28, name.hasSuffix(".journal"), name.utf8.first != UInt8(ascii: "+") else {
            return nil
        }
        return UInt64(name.dropLast(8))
    }
}
