public import Model

/// A dry run of an ingest: what a file would become as a version, with nothing stored.
///
/// Feed it with `consume`, then call `finish`. It checks exactly what `Ingest` checks, because it scans and
/// encodes the rows the same way; memory grows with the number of owners, not with the file.
public struct CSVInspection {
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
    private var scanner = CSVScanner()
    private var encoder: RowEncoder?
    private var report = BadLineReport()
    private var rows = 0
    private var owners = OwnerDictionary()
    private var rowsOfOwner: [Int] = []

    public init(shape: IngestShape) { self.shape = shape }

    /// Takes the next piece of the file, of any size.
    /// - Throws: `ClientFault` for a header that cannot be used (422).
    public mutating func consume(_ bytes: [UInt8]) throws {
        var position = 0
        while scanner.next(bytes, &position) { try takeRow() }
    }

    /// - Throws: `ClientFault` for an empty file; and as `consume`.
    public mutating func finish() throws -> Finding {
        if scanner.finish() { try takeRow() }
        guard let encoder else {
            throw ClientFault(
                .unprocessable, "empty_file", "the file is empty", remedy: "send at least a header")
        }
        let isRefused = report.hasLostStructure || shape.badLines == .refuse && report.count > 0
        return Finding(
            fields: encoder.fields, rows: rows, owners: rowsByKey, badLines: report.lines,
            badLineCount: report.count,
            fault: isRefused ? report.fault(policy: shape.badLines) : nil)
    }

    /// The row that stands in the scanner; the first is the header.
    private mutating func takeRow() throws {
        guard encoder != nil else {
            let columns = try Columns(header: scanner, shape: shape)
            encoder = RowEncoder(columns: columns, nullMarkers: NullMarkers(shape.nullValues))
            return
        }
        if let bad = encoder?.encode(scanner) {
            report.add(bad)
        } else {
            rows += 1
            try countOwner()
        }
    }

    private mutating func countOwner() throws {
        guard case .column = shape.ownerRule, let key = encoder?.ownerKey else { return }
        let ordinal = Int(try owners.ordinal(of: scanner.bytes, key))
        if ordinal == rowsOfOwner.count { rowsOfOwner.append(0) }
        rowsOfOwner[ordinal] += 1
    }

    private var rowsByKey: [String: Int] {
        let keys = rowsOfOwner.indices.map { ordinal in
            String(decoding: owners.keys[owners.range(UInt32(ordinal))], as: UTF8.self)
        }
        return Dictionary(zip(keys, rowsOfOwner), uniquingKeysWith: +)
    }
}
