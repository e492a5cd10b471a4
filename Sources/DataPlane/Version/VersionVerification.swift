import Glibc

/// Reads every byte of a published version again and compares it with its checksum, a step at a time.
///
/// It reads past the mapping, so that a disk that cannot read a block is an error here and not the end of the
/// process. The files stay open: a merge or a new version does not disturb it. For example:
///
///     var verification = try version.verification()
///     while try verification.step() { print(verification.done.blocks) }
public struct VersionVerification {
    /// How far it has come.
    public struct Progress: Hashable, Sendable {
        public var blocks = 0
        public var rows = 0
        /// Of blocks.
        public var bytes = 0
    }

    /// What one step reads, at least, if there is so much.
    private static let stepBytes = 4 << 20

    public let total: Progress
    public private(set) var done = Progress()
    private let segments: [StoredSegment]
    private let files: [OpenFile]
    private var segment = 0
    private var block = 0

    /// Reads what is no block: manifest, owners, tables of blocks, lines set aside.
    init(_ version: StoredVersion) throws {
        let fresh = try StoredVersion(
            directory: version.directory, scratch: version.directory, disk: version.disk)
        guard fresh.identity == version.identity else {
            throw DataPlaneError.corrupt(file: "\(version.directory)/\(Manifest.fileName)", block: nil)
        }
        try fresh.verifyQuarantine()
        segments = fresh.segments
        files = try segments.map { try OpenFile($0.path, O_RDONLY, disk: version.disk) }
        total = Progress(
            blocks: segments.reduce(0) { $0 + $1.blocks.count }, rows: fresh.rowCount,
            bytes: segments.reduce(0) { $0 + $1.blocks.sizeBytes })
    }

    /// Reads the next blocks.
    /// - Returns: false once all were read.
    /// - Throws: `DataPlaneError.corrupt` for the first that is not what was written, `system` if it cannot
    ///   be read.
    public mutating func step() throws -> Bool {
        let end = done.bytes + Self.stepBytes
        while segment < segments.count {
            let (blocks, file) = (segments[segment].blocks, files[segment])
            while block < blocks.count {
                if done.bytes >= end { return true }
                let bytes = try file.read(blocks.byteRange(block))
                try segments[segment].verify(bytes.span, as: block)
                done.blocks += 1
                done.rows += blocks.entries[block].rows
                done.bytes += bytes.count
                block += 1
            }
            segment += 1
            block = 0
        }
        return false
    }
}

extension StoredVersion {
    /// Begins to read every byte of the version again, whatever was read before.
    /// - Throws: `DataPlaneError`, `corrupt` for a file that is not what was written.
    public func verification() throws -> VersionVerification { try VersionVerification(self) }

    /// Reads every byte of the version and compares it with its checksum.
    /// - Throws: `DataPlaneError.corrupt` for the first that differs.
    public func verify() throws {
        var verification = try verification()
        while try verification.step() {}
    }
}
