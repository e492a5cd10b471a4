public import Model

/// A dry run of an ingest: what a file would become as a version, with nothing stored.
///
/// Feed it with `consume`, then call `finish`. It checks exactly what `Ingest` checks, because it scans and
/// encodes the rows the same way; memory grows with the number of owners, not with the file.
public struct FileInspection: ~Copyable {
    /// What was found in the whole file.
    public struct Finding: Hashable, Sendable {
        /// As given, or as inferred.
        public var fields: [Field]
        /// Good rows, the header not counted.
        public var rows: Int
        /// Rows by owner key; empty unless a column names the owners.
        public var owners: [String: Int]
        /// The first 100.
        public var badLines: [BadLine]
        public var badLineCount: Int
        /// What a hub would refuse the file with; nil if it would take it.
        public var fault: BadLinesFault?
    }

    private let shape: IngestShape
    private var unpacker: FileUnpacker
    // Of the two only that of the file's format is fed.
    private var csv = CSVScanner()
    private var plain = PlainRows()
    /// Of which nothing is kept.
    private var records = SegmentBuffer()
    private var ndjson: NDJSONScanner
    private var encoder: RowEncoder?
    private var report = BadLineReport()
    private var rows = 0
    private var owners = OwnerDictionary()
    private var rowsOfOwner: [Int] = []

    /// - Throws: `RetryableFault` if there is no memory to unpack a file.
    public init(shape: IngestShape) throws {
        self.shape = shape
        unpacker = try FileUnpacker(shape)
        ndjson = NDJSONScanner(names: shape.fields?.map(\.name))
    }

    /// Takes the next piece of the file, of any size.
    /// - Throws: `ClientFault` for a header that cannot be used or damaged packing (422), or a file that is
    ///   too large, packed or unpacked (413).
    public mutating func consume(_ bytes: [UInt8]) throws {
        try unpacker.push(bytes)
        while let piece = try unpacker.next() { try scan(piece) }
    }

    /// - Throws: `ClientFault` for an empty file, or one that is cut short; and as `consume`.
    public mutating func finish() throws -> Finding {
        try unpacker.finish()
        try scanEnd()
        guard let encoder else { throw ClientFault.emptyFile(shape.format) }
        let isRefused = report.hasLostStructure || shape.badLines == .refuse && report.count > 0
        return Finding(
            fields: encoder.fields, rows: rows, owners: rowsByKey, badLines: report.lines,
            badLineCount: report.count,
            fault: isRefused ? report.fault(policy: shape.badLines) : nil)
    }

    private mutating func scan(_ piece: [UInt8]) throws {
        var position = 0
        switch shape.format {
        case .csv:
            repeat {
                while encoder?.encodePlain(piece, &position, &csv, into: &plain, &records) == true {
                    try takePlain(piece)
                }
            } while try takeRow(piece, &position)
        case .ndjson: while ndjson.next(piece, &position) { try take(ndjson) }
        }
    }

    private mutating func takeRow(_ piece: [UInt8], _ position: inout Int) throws -> Bool {
        guard csv.next(piece, &position) else { return false }
        try take(csv)
        return true
    }

    private mutating func takePlain(_ piece: [UInt8]) throws {
        rows += plain.ends.count
        try unpacker.store(plain.ends.last ?? 0)
        for key in plain.ownerKeys where !key.isEmpty { try countOwner(piece, key) }
    }

    private mutating func scanEnd() throws {
        switch shape.format {
        case .csv: if csv.finish() { try take(csv) }
        case .ndjson: if ndjson.finish() { try take(ndjson) }
        }
    }

    /// The row that stands in the scanner; the first may be the header.
    private mutating func take<Row: ScannedRow>(_ row: Row) throws {
        if encoder == nil {
            let columns = try row.columns(shape)
            encoder = RowEncoder(columns: columns, nullMarkers: NullMarkers(shape.nullValues))
            if Row.isHeaded { return }
        }
        if let bad = encoder?.encode(row) {
            report.add(bad)
        } else {
            rows += 1
            try unpacker.store(encoder?.record.count ?? 0)
            if let key = encoder?.ownerKey { try countOwner(row.bytes, key) }
        }
    }

    private mutating func countOwner(_ bytes: [UInt8], _ key: Range<Int>) throws {
        guard case .column = shape.ownerRule else { return }
        let ordinal = Int(try owners.ordinal(of: bytes, key, version: 0))
        if ordinal == rowsOfOwner.count { rowsOfOwner.append(0) }
        rowsOfOwner[ordinal] += 1
    }

    private var rowsByKey: [String: Int] {
        let owners = owners
        let keys = rowsOfOwner.indices.map { ordinal in
            String(decoding: owners.keys[owners.range(UInt32(ordinal))], as: UTF8.self)
        }
        return Dictionary(zip(keys, rowsOfOwner), uniquingKeysWith: +)
    }
}
