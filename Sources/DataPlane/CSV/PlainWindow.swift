/// A stretch of a piece with its structure: what the rows that are taken as they stand are cut out of.
///
/// It always begins where a row begins, outside quotes, and is scanned anew where the marks end in the middle
/// of a row. Rows that go to the scanner are passed by: unless a row is malformed (the marks end before it),
/// both agree on where it ends.
struct PlainWindow: Sendable {
    /// Small enough to stay in the processor's cache between scan and use.
    private static let maximumBytes = 65_536
    private static let maximumMarks = 16_384

    private(set) var marks = [UInt32](repeating: 0, count: maximumMarks)
    /// The marks that are not used yet.
    private(set) var unused = 0..<0
    /// In the piece; marks count from its start.
    private(set) var range = 0..<0
    private(set) var hasHighBytes = false
    /// Where the next row begins, from the start of the window.
    private(set) var rowStart = 0
    /// Of the piece, in the file: tells pieces apart.
    private var pieceStart = -1
    private let variant: StructureScan.Variant

    init(variant: StructureScan.Variant) { self.variant = variant }

    /// Moves on to the row that begins at `position`. False: it does not begin in this window.
    mutating func seek(_ position: Int, pieceStart: Int) -> Bool {
        guard pieceStart == self.pieceStart, range.lowerBound + rowStart <= position,
            position < range.upperBound
        else { return false }
        rowStart = position - range.lowerBound
        var first = unused.lowerBound
        while first < unused.upperBound, place(first) < rowStart { first += 1 }
        unused = first..<unused.upperBound
        return true
    }

    /// Whether the next row goes on beyond the window, so that a window which begins with it may hold it.
    func isCutOff(in piece: Span<UInt8>) -> Bool {
        guard rowStart > 0 else { return false }
        return !unused.contains { index in
            marks[index] < StructureScan.insideQuotes
                && piece[range.lowerBound + Int(marks[index])] == UInt8(ascii: "\n")
        }
    }

    /// The ends of the next row's cells, where some marks are inside quotes, and how many marks and lines the
    /// row takes. Nil: there are not enough, or none is inside quotes.
    func gather(
        _ count: Int, _ text: Span<UInt8>, into cells: inout [UInt32]
    ) -> (marks: Int, lines: Int)? {
        cells.removeAll(keepingCapacity: true)
        var lines = 1
        for index in unused {
            if marks[index] < StructureScan.insideQuotes {
                cells.append(marks[index])
                let passed = index + 1 - unused.lowerBound
                if cells.count == count { return passed > count ? (passed, lines) : nil }
            } else if text[place(index)] == UInt8(ascii: "\n") {
                lines += 1
            }
        }
        return nil
    }

    /// Begins anew at `position`, where a row begins.
    mutating func scan(_ piece: Span<UInt8>, from position: Int, pieceStart: Int) {
        var scan = StructureScan(variant: variant)
        var room = marks.mutableSpan
        let end = min(piece.count, position + Self.maximumBytes)
        let found = scan.scan(piece.extracting(position..<end), into: &room)
        range = position..<position + found.consumed
        unused = 0..<found.count
        hasHighBytes = found.hasHighBytes
        rowStart = 0
        self.pieceStart = pieceStart
    }

    /// So many marks were used, and the next row begins at `rowStart`.
    @inline(__always)
    mutating func advance(marks count: Int, to rowStart: Int) {
        unused = unused.lowerBound + count..<unused.upperBound
        self.rowStart = rowStart
    }

    private func place(_ index: Int) -> Int { Int(marks[index] & ~StructureScan.insideQuotes) }
}
