import Glibc
public import Model
import Synchronization

/// Which version of which dataset: ordinals and field positions mean something only within one.
public struct VersionIdentity: Hashable, Sendable {
    public var dataset: Slug
    public var version: Int

    public init(dataset: Slug, version: Int) {
        self.dataset = dataset
        self.version = version
    }
}

/// A published version, open for reading: immutable, mapped, shared by all its readers.
///
/// The owner table and the block table are checked when it is opened. A block is checked when it is first
/// read; if it is not what was written, no byte of it is released.
public final class StoredVersion: Sendable {
    let manifest: Manifest
    let owners: OwnerTable
    let blocks: BlockTable
    private let directory: String
    private let disk: Disk
    private let rows: MappedFile
    /// A bit a block: its checksum was right, and its rows and cells lie where they can.
    private let checkedBlocks: Mutex<[UInt64]>

    init(directory: String, disk: Disk) throws {
        self.directory = directory
        self.disk = disk
        let content = try OpenFile("\(directory)/\(Manifest.fileName)", O_RDONLY, disk: disk)
            .readAll(limitBytes: 1 << 28)
        guard let manifest = Manifest(content) else { throw Self.corrupt(directory, Manifest.fileName) }
        self.manifest = manifest
        let ownersContent = try Self.read(Manifest.ownersFile, directory, manifest, disk)
        guard let owners = OwnerTable(ownersContent, owners: manifest.owners, rows: manifest.rows) else {
            throw Self.corrupt(directory, Manifest.ownersFile)
        }
        let blocksContent = try Self.read(Manifest.blocksFile, directory, manifest, disk)
        guard let blocks = BlockTable(blocksContent, fieldCount: manifest.fields.count),
            blocks.rows == manifest.rows
        else { throw Self.corrupt(directory, Manifest.blocksFile) }
        rows = try OpenFile("\(directory)/\(Manifest.rowsFile)", O_RDONLY, disk: disk).map()
        guard rows.sizeBytes == blocks.sizeBytes else { throw Self.corrupt(directory, Manifest.rowsFile) }
        self.owners = owners
        self.blocks = blocks
        checkedBlocks = Mutex([UInt64](repeating: 0, count: blocks.count / 64 + 1))
    }

    public var identity: VersionIdentity {
        VersionIdentity(dataset: manifest.dataset, version: manifest.version)
    }

    /// In stored order: positions of `FieldSet` and `RowStream` count in it.
    public var fields: [Field] { manifest.fields }
    public var ownerRule: OwnerRuleShape { manifest.ownerRule }

    /// All rows, those that belong to nobody included.
    public var rowCount: Int { manifest.rows }
    /// Ordinals run from 0 to one below; 0 for an open dataset.
    public var ownerCount: Int { owners.count }
    /// Rows that belong to nobody and are never released; 0 for an open dataset.
    public var ownerlessRows: Int { manifest.ownerlessRows }

    /// The ordinal of the owner with exactly these bytes as key (no Unicode normalisation), if he has rows.
    public func ordinal(of ownerKey: String) -> UInt32? {
        owners.ordinal(of: Array(ownerKey.utf8)).map { UInt32($0) }
    }

    /// The key of an ordinal below `ownerCount`.
    public func ownerKey(of ordinal: UInt32) -> String {
        String(decoding: owners.key(Int(ordinal)), as: UTF8.self)
    }

    /// How many rows the owner has; the ordinal is below `ownerCount`.
    public func rows(of ordinal: UInt32) -> Int { owners.rows(Int(ordinal)).count }

    /// Reads every byte of the version and compares it with its checksum.
    /// - Throws: `DataPlaneError.corrupt` for the first that differs.
    public func verify() throws {
        for block in 0..<blocks.count { try checkContent(block) }
        if manifest.files[Manifest.quarantineFile] != nil {
            _ = try Self.read(Manifest.quarantineFile, directory, manifest, disk)
        }
    }

    // MARK: Blocks

    /// Lends a block that was checked.
    @inline(__always)
    func withBlock<Result>(_ block: Int, _ body: (Span<UInt8>) throws -> Result) throws -> Result {
        try check(block)
        return try rows.withBytes(blocks.byteRange(block)) { bytes throws in try body(bytes) }
    }

    private func check(_ block: Int) throws {
        let bit = UInt64(1) << UInt64(block & 63)
        if checkedBlocks.withLock({ $0[block >> 6] & bit != 0 }) { return }
        try checkContent(block)
        checkedBlocks.withLock { $0[block >> 6] |= bit }
    }

    private func checkContent(_ block: Int) throws {
        let layout = blocks.layout(block)
        let isGood = rows.withBytes(blocks.byteRange(block)) { bytes in
            Checksum.of(bytes) == blocks.entries[block].checksum && layout.isWellFormed(bytes)
        }
        guard isGood else {
            throw DataPlaneError.corrupt(file: "\(directory)/\(Manifest.rowsFile)", block: block)
        }
    }

    // MARK: Files

    private static func read(
        _ name: String, _ directory: String, _ manifest: Manifest, _ disk: Disk
    ) throws -> [UInt8] {
        guard let expected = manifest.files[name] else { throw corrupt(directory, name) }
        let content = try OpenFile("\(directory)/\(name)", O_RDONLY, disk: disk)
            .readAll(limitBytes: expected.sizeBytes)
        guard content.count == expected.sizeBytes, Checksum.of(content) == expected.checksum else {
            throw corrupt(directory, name)
        }
        return content
    }

    private static func corrupt(_ directory: String, _ name: String) -> DataPlaneError {
        .corrupt(file: "\(directory)/\(name)", block: nil)
    }
}
