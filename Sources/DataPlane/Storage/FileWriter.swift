/// A new file that is written from front to back, in pieces of a megabyte, with its size and checksum.
final class FileWriter {
    private static let pieceBytes = 1 << 20

    private let file: OpenFile
    private var pending: [UInt8] = []
    private var checksum = Checksum()
    private(set) var sizeBytes = 0

    init(_ path: String, disk: Disk) throws {
        file = try OpenFile.create(path, disk: disk)
    }

    /// A file without a name, on the file system of a directory.
    init(unnamedIn directory: String, disk: Disk) throws {
        file = try OpenFile.createUnnamed(in: directory, disk: disk)
    }

    /// The checksum of everything appended.
    var checksumValue: UInt32 { checksum.value }

    func append(_ bytes: [UInt8]) throws {
        checksum.update(bytes.span)
        try appendUnchecked(bytes)
    }

    /// For files that carry their own checksums, or are read back only by this process.
    func appendUnchecked(_ bytes: [UInt8]) throws {
        sizeBytes += bytes.count
        pending += bytes
        if pending.count >= Self.pieceBytes { try flush() }
    }

    func appendUnchecked(_ bytes: Span<UInt8>) throws {
        sizeBytes += bytes.count
        pending.append(bytes, 0..<bytes.count)
        if pending.count >= Self.pieceBytes { try flush() }
    }

    func flush() throws {
        guard !pending.isEmpty else { return }
        try file.write(pending)
        pending.removeAll(keepingCapacity: true)
    }

    /// Writes the rest and makes the content durable; the name is durable once the directory is synced.
    func finish() throws {
        try flush()
        try file.sync()
    }

    /// All that was written, mapped; not durable.
    func map() throws -> MappedFile {
        try flush()
        return try file.map()
    }

    /// Writes a whole new file and makes it durable.
    static func write(_ content: [UInt8], to path: String, disk: Disk) throws -> Manifest.File {
        let writer = try FileWriter(path, disk: disk)
        try writer.append(content)
        try writer.finish()
        return Manifest.File(sizeBytes: writer.sizeBytes, checksum: writer.checksumValue)
    }
}
