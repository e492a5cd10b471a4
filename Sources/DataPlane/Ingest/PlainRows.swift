/// Good rows of one piece that were encoded one after the other: where their records and owner keys are.
///
/// A row is plain if its cells can be taken from the piece as they stand: it lies in the piece as a whole and
/// is not too long, its owner key has no doubled quotes, and nothing is wrong with it. All other rows are the
/// scanner's, which alone says what is wrong. What comes of a file is the same either way.
struct PlainRows: Sendable {
    /// Records take more room than rows: two bytes a cell and a bit, and quotes around an empty text.
    private static let recordBytes = 4 * 65_536

    /// Where each record ends in the buffer, behind whose rows they lie.
    private(set) var ends: [Int] = []
    /// In the piece; empty if the row belongs to nobody.
    private(set) var ownerKeys: [Range<Int>] = []
    private var window: PlainWindow
    /// Ends of cells, of a row that has marks inside quotes too.
    private var gathered: [UInt32] = []
    /// Of the file, that the rows take.
    private var lines = 0

    init(variant: StructureScan.Variant = .best) { window = PlainWindow(variant: variant) }

    /// Takes as many rows of the piece from `position` on as are plain and fit. False: there is none, and the
    /// scanner must take the next row.
    ///
    /// - Parameter buffer: records are written behind those of its rows; rows are not added.
    mutating func take(
        _ piece: [UInt8], _ position: inout Int, _ scanner: inout CSVScanner, _ encoder: inout RowEncoder,
        into buffer: inout SegmentBuffer
    ) -> Bool {
        ends.removeAll(keepingCapacity: true)
        ownerKeys.removeAll(keepingCapacity: true)
        lines = 0
        guard scanner.isBetweenRows, !encoder.plainFields.isEmpty, position < piece.count else {
            return false
        }
        buffer.makeRoom(for: Self.recordBytes)
        let text = piece.span
        let isKnown = window.seek(position, pieceStart: scanner.pieceStart)
        if isKnown { encode(text, &encoder, into: &buffer) }
        if ends.isEmpty, !isKnown || window.isCutOff(in: text) {
            window.scan(text, from: position, pieceStart: scanner.pieceStart)
            encode(text, &encoder, into: &buffer)
        }
        guard !ends.isEmpty else { return false }
        position = window.range.lowerBound + window.rowStart
        scanner.skip(lines: lines)
        return true
    }

    private mutating func encode(
        _ piece: Span<UInt8>, _ encoder: inout RowEncoder, into buffer: inout SegmentBuffer
    ) {
        let text = piece.extracting(window.range)
        let marks = window.marks
        let fields = encoder.plainFields
        // Out of `self`, so that writing to it needs no look at whether somebody else holds it.
        var gathered = gathered
        self.gathered = []
        var end = buffer.usedBytes
        var output = buffer.records.mutableSpan
        let cellCount = encoder.cellCount
        while window.unused.count >= cellCount {
            let first = window.unused.lowerBound
            let cells = marks.span.extracting(first..<first + cellCount)
            if encode(text, cells, fields.span, &output, &end, &encoder) {
                window.advance(marks: cellCount, to: Int(marks[first + cellCount - 1]) + 1)
                lines += 1
                continue
            }
            guard let passed = window.gather(cellCount, text, into: &gathered),
                encode(text, gathered.span, fields.span, &output, &end, &encoder)
            else { break }
            window.advance(marks: passed.marks, to: Int(gathered[cellCount - 1]) + 1)
            lines += passed.lines
        }
        self.gathered = gathered
    }

    /// Whether the row whose cells end at these marks is plain; then it is the last of the rows.
    /// - Parameter end: of the record before; then of its own.
    @inline(__always)
    private mutating func encode(
        _ text: Span<UInt8>, _ cells: Span<UInt32>, _ fields: Span<RowEncoder.PlainField>,
        _ output: inout MutableSpan<UInt8>, _ end: inout Int, _ encoder: inout RowEncoder
    ) -> Bool {
        guard let row = PlainRow(text, cells, start: window.rowStart),
            !window.hasHighBytes || row.isUTF8(text),
            let record = encoder.encodePlain(row, text, cells, fields, into: &output, at: end)
        else { return false }
        let start = window.range.lowerBound
        end = record.end
        ends.append(end)
        ownerKeys.append(record.ownerKey.lowerBound + start..<record.ownerKey.upperBound + start)
        return true
    }
}
