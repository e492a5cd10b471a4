/// Splits CSV (RFC 4180) into rows, fed with pieces of any size.
///
/// UTF-8 with or without a byte order mark at the start; lines end with LF or CRLF; any cell may be quoted.
/// What RFC 4180 leaves open is refused, never guessed. The scanner holds one row at a time and no more than
/// `maximumRowBytes` of it, so a file of one endless line costs no memory.
///
/// An empty line is a row of one empty cell: right in a file of one column, ragged in any other.
struct CSVScanner: Sendable {
    /// Of a row as it stands in the file, its line end not counted.
    static let maximumRowBytes = 65_536

    private enum State: Sendable {
        /// The start of the file, with so many bytes of a byte order mark seen.
        case opening(Int)
        case cellStart, unquoted, quoted
        /// After a quote inside a quoted cell: its end, or the first of a doubled quote.
        case quote
        case carriageReturn
        /// After a broken quote: on to the end of the line. That line end may be inside a text; what is found
        /// beyond it only serves the report, as the file is refused.
        case skipping
    }

    /// The texts of the cells, unquoted and unescaped, one after the other.
    private(set) var bytes: [UInt8] = []
    private(set) var cells: [CSVCell] = []
    /// The first thing wrong with the row; its cells mean nothing then.
    private(set) var fault: CSVFault?
    /// The physical line on which the row begins, from 1.
    private(set) var line = 1

    /// Where the piece begins in the file.
    private(set) var pieceStart = 0

    private var state = State.opening(0)
    private var isComplete = false
    /// Whether the row, read to its end or not, is longer than may be.
    private(set) var isTooLong = false
    private var hasHighBytes = false
    private var currentLine = 1
    /// Offsets from the start of the file.
    private var rowStart = 0, lineStart = 0
    private var cellIsQuoted = false
    private var cellLine = 1, cellColumn = 1

    /// Reads on to the end of the next row. True: the row stands in `bytes` and `cells`, and the caller calls
    /// again with the same piece and position. False: the piece is used up; call with the next, from 0.
    mutating func next(_ piece: [UInt8], _ position: inout Int) -> Bool {
        if isComplete { beginRow(at: pieceStart + position) }
        while position < piece.count {
            if step(piece, &position) {
                completeRow()
                return true
            }
        }
        pieceStart += piece.count
        return false
    }

    /// Whether a row was read to its end and nothing of the next.
    var isBetweenRows: Bool { isComplete }

    /// Whole rows of so many lines were read elsewhere, between the last row and where the next call reads.
    mutating func skip(lines: Int) { currentLine += lines }

    /// Tells that the file has ended. True: a last row, without a line end, stands in `bytes` and `cells`.
    mutating func finish() -> Bool {
        if isComplete { beginRow(at: pieceStart) }
        switch state {
        case .opening(let matched) where matched > 0: keepOpening(matched)
        case .cellStart: beginCell(at: pieceStart)
        case .quoted: breakOff(.unterminatedQuote, line: cellLine, column: cellColumn)
        case .carriageReturn: note(.carriageReturn, at: pieceStart - 1)
        default: break
        }
        guard pieceStart > rowStart else { return false }
        endCell(at: pieceStart)
        completeRow()
        return true
    }

    /// The text of a cell; of the cell in which a fault lies, as much as was kept.
    func text(ofCell index: Int) -> ArraySlice<UInt8> {
        let start = index > 0 ? Int(cells[min(index, cells.count) - 1].end) : 0
        return bytes[start..<(index < cells.count ? Int(cells[index].end) : bytes.count)]
    }

    // MARK: One step

    /// Takes at least one byte, or changes state; true at the end of a row.
    @inline(__always)
    private mutating func step(_ piece: [UInt8], _ position: inout Int) -> Bool {
        switch state {
        case .unquoted: return unquoted(piece, &position)
        case .quoted: quoted(piece, &position)
        case .cellStart:
            beginCell(at: pieceStart + position)
            if piece[position] == UInt8(ascii: "\"") {
                cellIsQuoted = true
                state = .quoted
                position += 1
            } else {
                state = .unquoted
            }
        case .quote: return afterQuote(piece, &position)
        case .carriageReturn: return afterCarriageReturn(piece[position], &position)
        case .skipping: return skip(piece, &position)
        case .opening(let matched): open(piece[position], matched, &position)
        }
        return false
    }

    @inline(__always)
    private mutating func unquoted(_ piece: [UInt8], _ position: inout Int) -> Bool {
        let start = position
        var seen: UInt8 = 0
        while position < piece.count {
            let byte = piece[position]
            if byte <= UInt8(ascii: ","), Self.isSpecial(byte) { break }
            seen |= byte
            position += 1
        }
        keep(piece, start..<position, seen)
        guard position < piece.count else { return false }
        position += 1
        switch piece[position - 1] {
        case UInt8(ascii: ","):
            endCell(at: pieceStart + position - 1)
            state = .cellStart
        case UInt8(ascii: "\n"):
            endCell(at: pieceStart + position - 1)
            return true
        case UInt8(ascii: "\r"):
            state = .carriageReturn
        case UInt8(ascii: "\""):
            breakOff(.strayQuote, at: pieceStart + position - 1)
            keep(piece, position - 1..<position)
        default:
            note(.nulByte, at: pieceStart + position - 1)
            keep(piece, position - 1..<position)
        }
        return false
    }

    @inline(__always)
    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\"")
            || byte == UInt8(ascii: "\r") || byte == 0
    }

    private mutating func quoted(_ piece: [UInt8], _ position: inout Int) {
        let start = position
        var seen: UInt8 = 0
        while position < piece.count {
            let byte = piece[position]
            if byte == UInt8(ascii: "\"") { break }
            position += 1
            seen |= byte
            if byte == UInt8(ascii: "\n") {
                newLine(at: pieceStart + position)
            } else if byte == 0 {
                note(.nulByte, at: pieceStart + position - 1)
            }
        }
        keep(piece, start..<position, seen)
        guard position < piece.count else { return }
        position += 1
        state = .quote
    }

    private mutating func afterQuote(_ piece: [UInt8], _ position: inout Int) -> Bool {
        switch piece[position] {
        case UInt8(ascii: "\""):
            keep(piece, position..<position + 1)
            state = .quoted
        case UInt8(ascii: ","):
            endCell(at: pieceStart + position)
            state = .cellStart
        case UInt8(ascii: "\n"):
            endCell(at: pieceStart + position)
            position += 1
            return true
        case UInt8(ascii: "\r"):
            state = .carriageReturn
        default:
            breakOff(.textAfterQuote, at: pieceStart + position)
            return false
        }
        position += 1
        return false
    }

    /// A carriage return was seen outside quotes: the line end CRLF, or one alone.
    private mutating func afterCarriageReturn(_ byte: UInt8, _ position: inout Int) -> Bool {
        let offset = pieceStart + position - 1
        if byte == UInt8(ascii: "\n") {
            endCell(at: offset)
            position += 1
            return true
        }
        if cellIsQuoted {
            breakOff(.textAfterQuote, at: offset)
        } else {
            note(.carriageReturn, at: offset)
            if fits(upTo: offset + 1) { bytes.append(UInt8(ascii: "\r")) }
            state = .unquoted
        }
        return false
    }

    private mutating func skip(_ piece: [UInt8], _ position: inout Int) -> Bool {
        let start = position
        while position < piece.count, piece[position] != UInt8(ascii: "\n") { position += 1 }
        keep(piece, start..<position)
        guard position < piece.count else { return false }
        endCell(at: pieceStart + position)
        position += 1
        return true
    }

    private mutating func open(_ byte: UInt8, _ matched: Int, _ position: inout Int) {
        guard byte == Self.byteOrderMark[matched] else {
            keepOpening(matched)
            return
        }
        position += 1
        state = .opening(matched + 1)
        if matched + 1 == Self.byteOrderMark.count { beginRow(at: pieceStart + position) }
    }

    /// What looked like a byte order mark was not one: it is text.
    private mutating func keepOpening(_ matched: Int) {
        beginRow(at: 0)
        guard matched > 0 else { return }
        beginCell(at: 0)
        bytes = Array(Self.byteOrderMark[..<matched])
        hasHighBytes = true
        state = .unquoted
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    // MARK: Rows and cells

    private mutating func beginRow(at offset: Int) {
        bytes.removeAll(keepingCapacity: true)
        cells.removeAll(keepingCapacity: true)
        fault = nil
        (isComplete, isTooLong, hasHighBytes) = (false, false, false)
        (rowStart, lineStart, line) = (offset, offset, currentLine)
        state = .cellStart
    }

    private mutating func completeRow() {
        isComplete = true
        currentLine += 1
        if hasHighBytes, fault == nil { checkUTF8() }
    }

    @inline(__always)
    private mutating func beginCell(at offset: Int) {
        cellIsQuoted = false
        cellLine = currentLine
        cellColumn = offset - lineStart + 1
    }

    /// `offset` is where the cell ends in the file, its closing quote included.
    @inline(__always)
    private mutating func endCell(at offset: Int) {
        guard fits(upTo: offset) else { return }
        cells.append(
            CSVCell(
                end: Int32(bytes.count), lineOffset: Int32(cellLine - line), column: Int32(cellColumn),
                isQuoted: cellIsQuoted))
    }

    private mutating func newLine(at offset: Int) {
        currentLine += 1
        lineStart = offset
    }

    /// Adds a run of bytes to the cell, unless the row is longer than may be.
    @inline(__always)
    private mutating func keep(_ piece: [UInt8], _ range: Range<Int>, _ seen: UInt8 = 0) {
        guard fits(upTo: pieceStart + range.upperBound) else { return }
        bytes.append(contentsOf: piece[range])
        if seen >= 0x80 { hasHighBytes = true }
    }

    /// Whether the row is short enough if it reaches to `offset`.
    @inline(__always)
    private mutating func fits(upTo offset: Int) -> Bool {
        if offset - rowStart > Self.maximumRowBytes, !isTooLong {
            isTooLong = true
            if fault == nil { fault = CSVFault(reason: .rowTooLong, line: line, column: 1, cell: 0) }
        }
        return !isTooLong
    }

    // MARK: Faults

    /// Notes what is wrong with the row, if nothing was before; the cells around it can still be told apart.
    private mutating func note(_ reason: BadLine.Reason, at offset: Int) {
        guard fault == nil else { return }
        fault = CSVFault(
            reason: reason, line: currentLine, column: offset - lineStart + 1, cell: cells.count)
    }

    /// As `note`, for a broken quote: it outweighs what was noted, because the whole file is refused for it.
    private mutating func breakOff(_ reason: BadLine.Reason, line: Int, column: Int) {
        fault = CSVFault(reason: reason, line: line, column: column, cell: cells.count)
        state = .skipping
    }

    private mutating func breakOff(_ reason: BadLine.Reason, at offset: Int) {
        breakOff(reason, line: currentLine, column: offset - lineStart + 1)
    }

    /// Delimiters are ASCII, so each cell of a valid file is valid by itself.
    private mutating func checkUTF8() {
        var start = 0
        for (index, cell) in cells.enumerated() {
            let end = Int(cell.end)
            if (try? UTF8Span(validating: bytes.span.extracting(start..<end))) == nil {
                fault = CSVFault(
                    reason: .invalidUTF8, line: line + Int(cell.lineOffset), column: Int(cell.column),
                    cell: index)
                return
            }
            start = end
        }
    }
}
