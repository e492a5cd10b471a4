import Model

/// Fills one block with the rows of an upstream that one filter releases, from a cursor on.
///
/// Rows are taken by `CSVScanner` or `NDJSONScanner`, encoded as at an ingest and written as stored rows are;
/// `ConnectedAssembler+Plain` goes before them where rows can be copied as they stand.
struct ConnectedAssembler {
    /// What a row costs besides its bytes.
    private static let workPerRow = 64

    let input: UpstreamInput
    /// Nil for an open dataset: all rows are released.
    let filter: ConnectedFilter?
    let limit: Int?
    private let start: Int
    var cursor: UpstreamCursor
    var workshop: RowWorkshop
    var delivered: [DeliveredRun] = []
    /// Whose rows were withheld, in order.
    var withheld: [UInt32] = []
    var work = 0
    /// Whether the next row has no room.
    var isFull = false
    /// Whether nothing is released behind what was written.
    private(set) var isAtEnd = false

    init(
        _ input: UpstreamInput, _ cursor: UpstreamCursor, _ workshop: consuming RowWorkshop,
        filter: ConnectedFilter?, limit: Int?
    ) {
        self.input = input
        self.cursor = cursor
        self.workshop = workshop
        self.filter = filter
        self.limit = limit
        start = cursor.sent
        self.workshop.turn()
        self.workshop.plans.columns = cursor.columns
    }

    var isSpent: Bool { work >= RowSelection.maximumWork }

    var isAtLimit: Bool { limit.map { cursor.sent >= $0 } ?? false }

    /// Writes rows until the block is full, the input is used up, or it is time to give way.
    mutating func fill(_ output: inout OutputSpan<UInt8>) throws(UpstreamFault) {
        if cursor.hasRow, try !takeRow(&output) { return }
        while !isAtLimit {
            if try hasTooLongRow() || isSpent { return }
            guard cursor.piece < input.pieces.count else {
                guard input.hasEnded else { return }
                guard try !finish(&output) else { break }
                if cursor.hasRow { return }
                continue
            }
            let piece = input.pieces[cursor.piece]
            if workshop.format == .csv, workshop.takesPlain {
                while takePlain(piece, &output) {}
                if isFull { return }
                if isAtLimit || isSpent { continue }
            }
            let from = cursor.position
            cursor.hasRow = scan(piece)
            work += 2 * ((cursor.hasRow ? cursor.position : piece.count) - from) + Self.workPerRow
            if !cursor.hasRow { (cursor.piece, cursor.position) = (cursor.piece + 1, 0) }
            if cursor.hasRow, try !takeRow(&output) { return }
        }
        isAtEnd = true
    }

    private mutating func scan(_ piece: [UInt8]) -> Bool {
        workshop.format == .csv
            ? cursor.csv.next(piece, &cursor.position) : cursor.ndjson.next(piece, &cursor.position)
    }

    /// Takes the last row, which may have no line end; whether there is nothing more.
    private mutating func finish(_ output: inout OutputSpan<UInt8>) throws(UpstreamFault) -> Bool {
        if !cursor.hasEnded {
            cursor.hasEnded = true
            cursor.hasRow = workshop.format == .csv ? cursor.csv.finish() : cursor.ndjson.finish()
            if cursor.hasRow {
                _ = try takeRow(&output)
                return false
            }
        }
        guard cursor.columns != nil else {
            throw UpstreamFault(
                "no_header", line: 1, "the upstream is empty", remedy: "send at least the header")
        }
        return true
    }

    // MARK: A row in a scanner

    /// A row that is too long is not waited for, nor asked what else is wrong with it: it may have no end.
    private func hasTooLongRow() throws(UpstreamFault) -> Bool {
        guard cursor.csv.isTooLong || cursor.ndjson.isTooLong else { return false }
        let line = workshop.format == .csv ? cursor.csv.line : cursor.ndjson.line
        return try !fail(BadLine(.rowTooLong, line: line, column: 1, value: []))
    }

    /// Takes the row that stands in the scanner.
    /// - Returns: false if it has to wait for the next block.
    private mutating func takeRow(_ output: inout OutputSpan<UInt8>) throws(UpstreamFault) -> Bool {
        if try hasTooLongRow() { return false }
        switch workshop.format {
        case .csv:
            guard cursor.columns != nil else {
                cursor.columns = try UpstreamColumns(header: cursor.csv, fields: workshop.fields)
                workshop.plans.columns = cursor.columns
                cursor.hasRow = false
                return true
            }
            return try take(cursor.csv, &output)
        case .ndjson: return try take(cursor.ndjson, &output)
        }
    }

    private mutating func take<Row: ScannedRow>(
        _ row: Row, _ output: inout OutputSpan<UInt8>
    ) throws(UpstreamFault) -> Bool {
        guard let columns = cursor.columns else { return true }
        if let bad = row.structuralFault(columns.all) { return try fail(bad) }
        workshop.makeRoom()
        var ordinal: Int?
        var outcome = PlainBatch.Outcome.withheld
        switch owner(row, columns) {
        case .nobody: cursor.counts.ownerless += 1
        case .unknown: cursor.counts.unknown += 1
        case .known(let known):
            ordinal = known
            outcome = self.outcome(known)
            if outcome == PlainBatch.Outcome.withheld { noteWithheld(known) }
        case .open: outcome = workshop.plans.outcome(0, nil)
        }
        if outcome >= 0 {
            let place = Int(outcome)
            if let bad = workshop.encode(row, place) { return try fail(bad) }
            guard write(place, ordinal, &output) else { return false }
        }
        cursor.counts.rows += 1
        cursor.hasRow = false
        return true
    }

    /// A fault waits until what comes before it was passed.
    private func fail(_ line: BadLine) throws(UpstreamFault) -> Bool {
        guard cursor.sent > start else { throw UpstreamFault(line) }
        return false
    }

    enum RowOwner {
        /// The dataset has no owners.
        case open
        case known(Int)
        case unknown
        case nobody
    }

    private func owner<Row: ScannedRow>(_ row: Row, _ columns: UpstreamColumns) -> RowOwner {
        guard let filter else { return .open }
        guard let field = workshop.ownerField else { return filter.owners.count > 0 ? .known(0) : .unknown }
        let cell = columns.cells[field]
        let range = row.range(ofCell: cell)
        let bytes = row.bytes
        let key = bytes.span.extracting(range)
        guard !key.isEmpty, !row.isNull(cell: cell, isMarker: workshop.nullMarkers.contains(key)),
            row.kind(ofCell: cell).suits(workshop.fields[field].type)
        else { return .nobody }
        return filter.owners.find(key).map { .known($0) } ?? .unknown
    }

    // MARK: Releasing

    /// What is done with an owner's rows.
    private mutating func outcome(_ ordinal: Int) -> Int32 {
        guard let filter, let scope = filter.grants.scope(ordinal) else { return PlainBatch.Outcome.withheld }
        return workshop.plans.outcome(scope, filter.grants)
    }

    private mutating func noteWithheld(_ ordinal: Int) {
        cursor.counts.withheld += 1
        withheld.append(UInt32(ordinal))
    }

    /// Writes the row at hand if the condition is true for it.
    /// - Returns: false if there is no room.
    mutating func write(_ place: Int, _ ordinal: Int?, _ output: inout OutputSpan<UInt8>) -> Bool {
        let plan = workshop.plans[place]
        let (bytes, layout) = (workshop.encoded.bytes, workshop.encoded.layout)
        let block = bytes.span
        if let program = plan.program, !program.matches(block, layout, 0, work: &work) { return true }
        let written =
            switch plan.projection.format {
            case .csv: plan.projection.writeCSV(block, layout, rows: 0..<1, to: &output)
            case .ndjson: plan.projection.writeNDJSON(block, layout, rows: 0..<1, to: &output)
            }
        guard written == 1 else { return false }
        noteSent(ordinal, place)
        return true
    }

    @inline(__always)
    mutating func noteSent(_ ordinal: Int?, _ place: Int) {
        cursor.sent += 1
        guard let ordinal else { return }
        let last = delivered.count - 1
        if last >= 0, delivered[last].ordinal == ordinal {
            delivered[last].rows += 1
        } else if let granted = workshop.plans.granted(at: place) {
            delivered.append(DeliveredRun(ordinal: UInt32(ordinal), rows: 1, fields: granted))
        }
    }
}
