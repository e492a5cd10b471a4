import Glibc
import Synchronization

/// A segment of a version, open for reading: rows that arrived one after the other, sorted by owner.
///
/// Immutable, mapped, and shared by all its readers; also by later versions of the dataset, in whose folders
/// the same files have the same names. A block is checked when it is first read; if it is not what was
/// written, no byte of it is released.
final class StoredSegment: Sendable {
    let manifest: Manifest.Segment
    let blocks: BlockTable
    let path: String
    private let ownerCount: Int
    private let isOpen: Bool
    private let rows: MappedFile
    /// A bit a block: its checksum was right, and its rows, cells and runs lie where they can.
    private let checkedBlocks: Mutex<[UInt64]>
    /// Made when somebody first reads in the original order.
    private let arrivals = Mutex<NumberFile?>(nil)
    /// Where files without a name are made: it stays when the version's folder goes.
    let scratch: String
    /// The segment of all fields, of which this one holds some; nil for that itself.
    private let origin: StoredSegment?

    /// - Parameter blocks: the content of its table, of the right checksum.
    /// - Throws: `DataPlaneError.corrupt`.
    init(
        _ manifest: Manifest.Segment, of version: Manifest, blocks content: [UInt8], in directory: String,
        scratch: String, disk: Disk
    ) throws {
        self.manifest = manifest
        path = "\(directory)/\(manifest.rowsFile)"
        self.scratch = scratch
        origin = nil
        ownerCount = version.ordinals
        isOpen = version.ownerRule == .open
        guard let blocks = BlockTable(content, fieldCount: version.fields.count),
            blocks.rows == manifest.rows
        else { throw DataPlaneError.corrupt(file: "\(directory)/\(manifest.blocksFile)", block: nil) }
        self.blocks = blocks
        rows = try OpenFile(path, O_RDONLY, disk: disk).map()
        guard rows.sizeBytes == blocks.sizeBytes, rows.sizeBytes == manifest.rowsBytes else {
            throw DataPlaneError.corrupt(file: path, block: nil)
        }
        checkedBlocks = Mutex([UInt64](repeating: 0, count: blocks.count / 64 + 1))
    }

    /// The same rows in the same order, in some of their fields.
    init(_ origin: StoredSegment, blocks: BlockTable, rows: MappedFile) {
        manifest = origin.manifest
        path = "a projection of \(origin.path)"
        scratch = origin.scratch
        self.origin = origin
        ownerCount = origin.ownerCount
        isOpen = origin.isOpen
        self.blocks = blocks
        self.rows = rows
        checkedBlocks = Mutex([UInt64](repeating: 0, count: blocks.count / 64 + 1))
    }

    /// False in an open dataset.
    var rowsHaveOwners: Bool { !isOpen }

    /// Whether any row belongs to one of these ordinals.
    func holdsRows(of ordinals: Set<UInt32>) throws -> Bool {
        for block in 0..<blocks.count where ordinals.contains(where: blocks.entries[block].owners.contains) {
            let layout = blocks.layout(block)
            let holds = try withBlock(block) { bytes in
                (0..<layout.runs).contains { ordinals.contains(layout.runOwner(bytes, $0)) }
            }
            if holds { return true }
        }
        return false
    }

    /// By place in the order of arrival, from the segment's first: the row that came there, `UInt32.max` if
    /// it was deleted. Making it reads the whole segment.
    func arrivalOrder() throws -> NumberFile {
        if let origin { return try origin.arrivalOrder() }
        return try arrivals.withLock { known in
            if let known { return known }
            let order = try NumberFile(count: manifest.sequenceCount, in: scratch)
            for block in 0..<blocks.count {
                let layout = blocks.layout(block)
                let first = blocks.firstRows[block]
                try withBlock(block) { bytes in
                    for row in 0..<layout.rows {
                        let place = layout.sequenceNumber(bytes, row)
                        guard place < order.count, order[place] == .max else {
                            throw DataPlaneError.corrupt(file: path, block: block)
                        }
                        order[place] = UInt32(first + row)
                    }
                }
            }
            known = order
            return order
        }
    }

    /// Lends a block that was checked.
    @inline(__always)
    func withBlock<Result>(_ block: Int, _ body: (Span<UInt8>) throws -> Result) throws -> Result {
        try check(block)
        return try rows.withBytes(blocks.byteRange(block)) { bytes throws in try body(bytes) }
    }

    private func check(_ block: Int) throws {
        let bit = UInt64(1) << UInt64(block & 63)
        if checkedBlocks.withLock({ $0[block >> 6] & bit != 0 }) { return }
        try rows.withBytes(blocks.byteRange(block)) { bytes throws in try verify(bytes, as: block) }
        checkedBlocks.withLock { $0[block >> 6] |= bit }
    }

    /// Whether these bytes are the block that was written, and sound.
    /// - Throws: `DataPlaneError.corrupt`.
    func verify(_ bytes: Span<UInt8>, as block: Int) throws(DataPlaneError) {
        let layout = blocks.layout(block)
        let entry = blocks.entries[block]
        guard Checksum.of(bytes) == entry.checksum, layout.isWellFormed(bytes),
            hasGoodOwners(bytes, layout, entry)
        else { throw .corrupt(file: path, block: block) }
    }

    /// Owners ascend, so the last two tell of all: the last may be nobody.
    private func hasGoodOwners(_ bytes: Span<UInt8>, _ layout: BlockLayout, _ entry: BlockTable.Entry) -> Bool
    {
        if isOpen { return layout.runs == 0 }
        guard layout.runs > 0 else { return false }
        let last = layout.runOwner(bytes, layout.runs - 1)
        guard layout.runOwner(bytes, 0) == entry.owners.lowerBound, last == entry.owners.upperBound else {
            return false
        }
        let known =
            last == OwnerDictionary.nobody && layout.runs > 1 ? layout.runOwner(bytes, layout.runs - 2) : last
        return Int(known) < ownerCount || known == OwnerDictionary.nobody
    }
}
