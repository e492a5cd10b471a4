import Glibc
import Model

/// The encoded rows of an ingest in arrival order, on disk; in memory stay twelve bytes a row.
final class Spool {
    let path: String
    private let writer: FileWriter
    private let disk: Disk
    private var offsets: [UInt64] = []
    private(set) var owners: [UInt32] = []

    init(_ path: String, disk: Disk) throws {
        self.path = path
        self.disk = disk
        writer = try FileWriter(path, disk: disk)
    }

    var rowCount: Int { owners.count }

    func append(_ record: [UInt8], owner: UInt32) throws {
        guard rowCount < Int(UInt32.max) - 1 else {
            throw ClientFault(
                .tooLarge, "too_many_rows", "the file has more than 4,294,967,294 rows",
                remedy: "split the dataset")
        }
        offsets.append(UInt64(writer.sizeBytes))
        owners.append(owner)
        try writer.appendUnchecked(record)
    }

    /// Lends all records to `body` in the order of `rows`.
    func read(_ rows: [UInt32], _ body: (Span<UInt8>, UInt32) throws -> Void) throws {
        try writer.flush()
        let file = try OpenFile(path, O_RDONLY, disk: disk).map()
        for row in rows {
            let next = Int(row) + 1
            let end = next < offsets.count ? Int(offsets[next]) : file.sizeBytes
            try file.withBytes(Int(offsets[Int(row)])..<end) { record in try body(record, row) }
        }
    }
}
