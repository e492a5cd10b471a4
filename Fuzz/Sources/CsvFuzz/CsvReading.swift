import Model

@testable import DataPlane

/// Reads the pieces as `Ingest` does; without a variant by the scanner alone.
struct CsvReading {
    /// What comes of a file, row by row.
    struct Outcome: Equatable {
        enum Row: Hashable {
            case good(record: [UInt8], ownerKey: [UInt8]?)
            case bad(BadLine, bytes: [UInt8], cells: [CSVCell])
        }
        var rows: [Row] = []
        var fields: [Field] = []
        /// Of the header.
        var fault: ClientFault?
    }

    var outcome = Outcome()
    var plainCount = 0
    private let shape: IngestShape
    private var scanner = CSVScanner()
    private var plain: PlainRows?
    private var buffer = SegmentBuffer()
    private var encoder: RowEncoder?

    init(_ pieces: [[UInt8]], _ shape: IngestShape, _ variant: StructureScan.Variant?) {
        self.shape = shape
        plain = variant.map { PlainRows(variant: $0) }
        do throws(ClientFault) {
            for piece in pieces { try consume(piece) }
            if scanner.finish() { try takeRow() }
            outcome.fields = encoder?.fields ?? []
        } catch {
            outcome.fault = error
        }
    }

    private mutating func consume(_ piece: [UInt8]) throws(ClientFault) {
        var position = 0
        while true {
            while takePlain(piece, &position) {}
            guard scanner.next(piece, &position) else { return }
            try takeRow()
        }
    }

    private mutating func takePlain(_ piece: [UInt8], _ position: inout Int) -> Bool {
        guard var plain,
            encoder?.encodePlain(piece, &position, &scanner, into: &plain, &buffer) == true
        else { return false }
        self.plain = plain
        plainCount += plain.ends.count
        var start = buffer.usedBytes
        for (end, key) in zip(plain.ends, plain.ownerKeys) {
            let ownerKey = key.isEmpty ? nil : Array(piece[key])
            outcome.rows.append(.good(record: Array(buffer.records[start..<end]), ownerKey: ownerKey))
            start = end
        }
        // Some records stay, so that others are written behind them.
        if plainCount % 3 == 0 {
            buffer.add(ends: plain.ends, owners: plain.ends.map { _ in 0 })
        } else if plainCount % 7 == 0 {
            buffer.clear()
        }
        return true
    }

    private mutating func takeRow() throws(ClientFault) {
        guard encoder != nil else {
            let columns = try scanner.columns(shape)
            encoder = RowEncoder(columns: columns, nullMarkers: NullMarkers(shape.nullValues))
            return
        }
        if let bad = encoder?.encode(scanner) {
            outcome.rows.append(.bad(bad, bytes: scanner.bytes, cells: scanner.cells))
        } else if let encoder {
            outcome.rows.append(
                .good(record: encoder.record, ownerKey: encoder.ownerKey.map { Array(scanner.bytes[$0]) }))
        }
    }
}
