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
/// The owner table and the tables of blocks are checked when it is opened, a block of rows when it is first
/// read.
public final class StoredVersion: Sendable {
    let manifest: Manifest
    let owners: OwnerTable
    let segments: [StoredSegment]
    let directory: String
    let disk: Disk
    private let keyOwners = Mutex<ConnectedOwners?>(nil)

    /// - Parameters:
    ///   - scratch: a directory that stays, where files without a name are made.
    ///   - known: segments that are open, of the same dataset.
    init(directory: String, scratch: String, disk: Disk, reusing known: [StoredSegment] = []) throws {
        self.directory = directory
        self.disk = disk
        let content = try OpenFile("\(directory)/\(Manifest.fileName)", O_RDONLY, disk: disk)
            .readAll(limitBytes: 1 << 28)
        guard let manifest = Manifest(content) else { throw Self.corrupt(directory, Manifest.fileName) }
        self.manifest = manifest
        // Before it is mapped: there a disk that cannot read would be the end of the process.
        let file = try OpenFile("\(directory)/\(Manifest.ownersFile)", O_RDONLY, disk: disk)
        guard try file.isWhole(manifest.ownerTable), let owners = OwnerTable(try file.map()),
            owners.count == manifest.ordinals,
            owners.totalRows == manifest.ownedRows
        else { throw Self.corrupt(directory, Manifest.ownersFile) }
        self.owners = owners
        segments = try manifest.segments.map { segment in
            if let open = known.first(where: { $0.manifest == segment }) { return open }
            return try StoredSegment(
                segment, of: manifest, blocks: Self.read(segment.blocksFile, segment.blocks, directory, disk),
                in: directory, scratch: scratch, disk: disk)
        }
    }

    /// As if the version had some of its fields alone: what it says of files and sizes is of all.
    init(_ origin: StoredVersion, fields: [Int], segments: [StoredSegment]) {
        var manifest = origin.manifest
        manifest.fields = fields.map { manifest.fields[$0] }
        self.manifest = manifest
        owners = origin.owners
        directory = origin.directory
        disk = origin.disk
        self.segments = segments
    }

    public var identity: VersionIdentity {
        VersionIdentity(dataset: manifest.dataset, version: manifest.version)
    }

    /// Which segments its rows lie in, in which order: another one after a merge, which changes neither rows
    /// nor version but the order in which rows are stored.
    public var arrangement: String {
        manifest.segments.map { "\($0.version)-\($0.number)" }.joined(separator: " ")
    }

    /// In stored order: positions of `FieldSet` and `RowStream` count in it.
    public var fields: [Field] { manifest.fields }
    public var ownerRule: OwnerRuleShape { manifest.ownerRule }
    public var nullValues: [String] { manifest.nullValues }

    /// All rows, those that belong to nobody included.
    public var rowCount: Int { manifest.rows }
    /// Ordinals run from 0 to one below; 0 for an open dataset. A key that passed from one owner to another
    /// has several; one whose rows were deleted leaves its ordinal without key and rows.
    public var ordinalCount: Int { owners.count }
    /// Distinct owner keys that have rows; 1 for a single owner, 0 for an open dataset.
    public var ownerCount: Int { manifest.owners }
    /// Rows that belong to nobody and are never released; 0 for an open dataset.
    public var ownerlessRows: Int { manifest.ownerlessRows }

    /// As `ownerCount`, but for a single owner without rows.
    var ownersWithRows: Int { ownerRule == .single ? min(rowCount, 1) : ownerCount }

    var ownedRows: Int { manifest.ownedRows }

    /// The ordinals under exactly these bytes as key (no Unicode normalisation), the newest first.
    public func ordinals(of ownerKey: String) -> [UInt32] {
        if ownerRule == .single { return ownerKey.isEmpty ? [0] : [] }
        return owners.ordinals(of: Array(ownerKey.utf8)).map { UInt32($0) }
    }

    /// The version with which the ordinal began: rows that came before are under another one.
    public func since(_ ordinal: UInt32) -> Int { owners.since(Int(ordinal)) }

    /// The key of an ordinal below `ordinalCount`.
    public func ownerKey(of ordinal: UInt32) -> String {
        String(decoding: owners.key(Int(ordinal)), as: UTF8.self)
    }

    /// How many rows stand under the ordinal, which is below `ordinalCount`.
    public func rows(of ordinal: UInt32) -> Int { owners.rows(Int(ordinal)) }

    /// Its owners, for reads of a connected dataset; made once, in about half a second for a million.
    /// - Throws: `ClientFault` for more than 4 GiB of keys.
    public func connectedOwners() throws(ClientFault) -> ConnectedOwners {
        try keyOwners.withLock { known throws(ClientFault) in
            if let known { return known }
            let keys = (0..<UInt32(ordinalCount)).map(ownerKey)
            let made = try ConnectedOwners(identity: identity, keys: keys)
            known = made
            return made
        }
    }

    /// Does what reads in the original order need, once: reads all rows. Without it the first such read does.
    /// - Throws: `DataPlaneError`; `RetryableFault` for a full disk.
    public func prepareOriginalOrder() throws {
        for segment in segments { _ = try segment.arrivalOrder() }
    }

    /// Reads the lines that were set aside and compares them with their checksum.
    func verifyQuarantine() throws {
        guard let quarantine = manifest.quarantine else { return }
        let name = "\(directory)/\(Manifest.quarantineFile)"
        let file = try OpenFile(name, O_RDONLY, disk: disk)
        guard try file.isWhole(quarantine) else { throw Self.corrupt(directory, Manifest.quarantineFile) }
    }

    // MARK: Files

    private static func read(
        _ name: String, _ expected: Manifest.File, _ directory: String, _ disk: Disk
    ) throws -> [UInt8] {
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
