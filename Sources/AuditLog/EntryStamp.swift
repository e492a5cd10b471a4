internal import Model

/// What the log itself needs to know of an entry: its outbox number and its time.
///
/// Every entry passes here on its way in, so the two members are picked out of the bytes without building the
/// JSON value. The bytes are trusted to be canonical JSON; of others it may find nothing.
struct EntryStamp: Equatable {
    /// The member `seq`, if it is an integer.
    private(set) var number: Int64?
    /// Where the text of the member `at` lies, if it is one.
    private(set) var timeText: Range<Int>?

    /// For whoever wrote the entry: it has no number, and its time lies there.
    init(timeText: Range<Int>) { self.timeText = timeText }

    init(_ entry: [UInt8]) {
        let bytes = entry.span
        var depth = 0
        var position = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let end = Self.endOfString(in: bytes, from: position)
                if depth == 1 && end < bytes.count && bytes[end] == UInt8(ascii: ":") {
                    note(position..<end, in: bytes, valueAt: end + 1)
                    // Canonical members are sorted: `at` came before.
                    if number != nil { return }
                }
                position = end
                continue
            default: break
            }
            position += 1
        }
    }

    /// The time, if `at` is one.
    func time(in entry: [UInt8]) -> Instant? {
        timeText.flatMap { Instant(String(decoding: entry[$0], as: UTF8.self)) }
    }

    private mutating func note(_ key: Range<Int>, in bytes: Span<UInt8>, valueAt start: Int) {
        let (first, second) = (UInt8(ascii: "a"), UInt8(ascii: "t"))
        if key.count == 4, bytes[key.lowerBound + 1] == first, bytes[key.lowerBound + 2] == second {
            guard start < bytes.count, bytes[start] == UInt8(ascii: "\"") else { return }
            let end = Self.endOfString(in: bytes, from: start)
            timeText = start + 1..<max(start + 1, end - 1)
        } else if key.count == 5, bytes[key.lowerBound + 1] == UInt8(ascii: "s"),
            bytes[key.lowerBound + 2] == UInt8(ascii: "e"), bytes[key.lowerBound + 3] == UInt8(ascii: "q")
        {
            number = Self.integer(in: bytes, at: start)
        }
    }

    /// The integer that begins at `start` and ends where the member does.
    private static func integer(in bytes: Span<UInt8>, at start: Int) -> Int64? {
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: ","), bytes[end] != UInt8(ascii: "}") { end += 1 }
        // `null`, and nothing at all, are by far the most frequent.
        guard end > start, bytes[start] != UInt8(ascii: "n") else { return nil }
        return Int64(String(decoding: (start..<end).map { bytes[$0] }, as: UTF8.self))
    }

    /// The position after the closing quote of the string that begins at `start`, or the end of the bytes.
    private static func endOfString(in bytes: Span<UInt8>, from start: Int) -> Int {
        var position = start + 1
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "\"") { return position + 1 }
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return bytes.count
    }
}

/// The newest of many times. Most entries of a moment have the text of the one before: it is compared first.
struct NewestTime {
    private(set) var time: Instant
    private var text: ArraySlice<UInt8> = []

    init(_ time: Instant) { self.time = time }

    mutating func note(_ stamp: EntryStamp, of entry: [UInt8]) {
        guard let range = stamp.timeText, !text.elementsEqual(entry[range]) else { return }
        guard let next = stamp.time(in: entry) else { return }
        if next >= time {
            time = next
            text = ArraySlice(Array(entry[range]))
        }
    }
}
