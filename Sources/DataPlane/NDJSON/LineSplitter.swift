/// Cuts a file into lines, fed with pieces of any size; they end with LF or CRLF.
///
/// A byte order mark at the start of the file is left out. Of a line that is too long no more is kept than
/// `maximumBytes`, so a file of one endless line costs no memory.
struct LineSplitter: Sendable {
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    let maximumBytes: Int
    /// The physical line, from 1.
    private(set) var number = 0
    private(set) var isTooLong = false
    /// Of a line that is too long: follows its quotes to the end.
    private(set) var quotes = QuoteTracker()
    private var isEnded = true
    private var receivedBytes = 0

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Reads on to the end of the next line. True: it stands in `text`, without its line end, and the caller
    /// calls again with the same piece and position. False: the piece is used up.
    mutating func next(_ piece: [UInt8], _ position: inout Int, into text: inout [UInt8]) -> Bool {
        if isEnded { begin(&text) }
        let start = position
        position = Self.lineEnd(piece, from: start)
        keep(piece, start..<position, &text)
        guard position < piece.count else { return false }
        position += 1
        end(&text)
        return true
    }

    /// Tells that the file has ended. True: a last line, without a line end, stands in `text`.
    mutating func finish(into text: inout [UInt8]) -> Bool {
        if isEnded { begin(&text) }
        guard receivedBytes > 0 else { return false }
        end(&text)
        return true
    }

    private static func lineEnd(_ piece: [UInt8], from start: Int) -> Int {
        let bytes = piece.span
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
        return index
    }

    private mutating func begin(_ text: inout [UInt8]) {
        text.removeAll(keepingCapacity: true)
        (isEnded, isTooLong, receivedBytes) = (false, false, 0)
        quotes = QuoteTracker()
        number += 1
    }

    private mutating func keep(_ piece: [UInt8], _ range: Range<Int>, _ text: inout [UInt8]) {
        receivedBytes += range.count
        if !isTooLong {
            // A carriage return at the end and a byte order mark are not of the line.
            let limit = maximumBytes + 1 + (number == 1 ? Self.byteOrderMark.count : 0)
            if text.count + range.count <= limit {
                text.append(contentsOf: piece[range])
                return
            }
            exceed(text)
            text.append(contentsOf: piece[range].prefix(max(0, maximumBytes - text.count)))
        }
        quotes.take(piece, range)
    }

    private mutating func end(_ text: inout [UInt8]) {
        isEnded = true
        if number == 1, text.starts(with: Self.byteOrderMark) { text.removeFirst(Self.byteOrderMark.count) }
        if !isTooLong {
            if text.last == UInt8(ascii: "\r") { text.removeLast() }
            if text.count > maximumBytes { exceed(text) }
        }
        if text.count > maximumBytes { text.removeLast(text.count - maximumBytes) }
    }

    private mutating func exceed(_ text: [UInt8]) {
        isTooLong = true
        quotes.take(text, text.indices)
    }
}
