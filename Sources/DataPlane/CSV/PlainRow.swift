/// Where a row lies in a text and where its cells end there; the marks are those of the row, as many as it
/// should have cells.
struct PlainRow {
    let start: Int
    /// Where its line ends: at LF or CRLF.
    let lineEnd: Int
    /// Where the next row begins.
    let end: Int

    /// Nil unless the last mark, and no other, is a line end, and all are outside quotes.
    @inline(__always)
    init?(_ text: Span<UInt8>, _ marks: Span<UInt32>, start: Int) {
        let last = marks.count - 1
        for index in 0..<last where !Self.isByte(UInt8(ascii: ","), at: marks[index], text) { return nil }
        guard Self.isByte(UInt8(ascii: "\n"), at: marks[last], text) else { return nil }
        self.init(text, start: start, newline: Int(marks[last]))
    }

    /// A row that was looked at before.
    @inline(__always)
    init(_ text: Span<UInt8>, start: Int, newline: Int) {
        let hasReturn = newline > start && text[newline - 1] == UInt8(ascii: "\r")
        self.start = start
        lineEnd = hasReturn ? newline - 1 : newline
        end = newline + 1
    }

    /// A flagged mark lies behind any text.
    @inline(__always)
    private static func isByte(_ byte: UInt8, at mark: UInt32, _ text: Span<UInt8>) -> Bool {
        let place = Int(mark)
        return place < text.count && text[place] == byte
    }

    /// Where a cell lies, its quotes included.
    @inline(__always)
    func bounds(ofCell cell: Int, _ marks: Span<UInt32>) -> (start: Int, end: Int) {
        (
            cell > 0 ? Int(marks[cell &- 1]) &+ 1 : start,
            cell < marks.count &- 1 ? Int(marks[cell]) : lineEnd
        )
    }

    /// Where the text of a cell lies. One that begins with a quote ends with another, because its mark is
    /// outside quotes.
    @inline(__always)
    func range(ofCell cell: Int, _ marks: Span<UInt32>, _ text: Span<UInt8>) -> Range<Int> {
        let (start, end) = bounds(ofCell: cell, marks)
        return text[start] == UInt8(ascii: "\"") ? start + 1..<end - 1 : start..<end
    }

    /// Delimiters are ASCII, so a row is valid as a whole if all its cells are.
    func isUTF8(_ text: Span<UInt8>) -> Bool {
        let row = text.extracting(start..<lineEnd)
        return !row.hasHighBytes || (try? UTF8Span(validating: row)) != nil
    }
}

extension Span<UInt8> {
    fileprivate var hasHighBytes: Bool {
        var seen: UInt64 = 0
        var index = 0
        while index + 8 <= count {
            seen |= load64(index)
            index += 8
        }
        while index < count {
            seen |= UInt64(self[index])
            index += 1
        }
        return seen & 0x8080_8080_8080_8080 != 0
    }
}
