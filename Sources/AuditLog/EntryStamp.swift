internal import Model

/// What the log itself needs to know of an entry: its outbox number and its time.
///
/// Every entry passes here on its way in, so the two members are picked out of the bytes without building the
/// JSON value. The bytes are trusted to be canonical JSON; of others it may find nothing.
struct EntryStamp: Equatable {
    /// The member `seq`, if it is an integer.
    var number: Int64?
    /// The member `at`, if it is a time.
    var time: Instant?

    init(_ entry: [UInt8]) {
        var depth = 0
        var position = 0
        while position < entry.count {
            switch entry[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let end = Self.endOfString(in: entry, from: position)
                if depth == 1 && end < entry.count && entry[end] == UInt8(ascii: ":") {
                    note(entry[position..<end], in: entry, valueAt: end + 1)
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

    private static let timeKey = Array("\"at\"".utf8)
    private static let numberKey = Array("\"seq\"".utf8)

    private mutating func note(_ key: ArraySlice<UInt8>, in entry: [UInt8], valueAt start: Int) {
        if key.elementsEqual(Self.timeKey), start < entry.count, entry[start] == UInt8(ascii: "\"") {
            let end = Self.endOfString(in: entry, from: start)
            time = Instant(String(decoding: entry[start..<end].dropFirst().dropLast(), as: UTF8.self))
        } else if key.elementsEqual(Self.numberKey) {
            let value = entry[start...].prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") }
            number = Int64(String(decoding: value, as: UTF8.self))
        }
    }

    /// The position after the closing quote of the string that begins at `start`, or the end of the bytes.
    private static func endOfString(in entry: [UInt8], from start: Int) -> Int {
        var position = start + 1
        while position < entry.count {
            if entry[position] == UInt8(ascii: "\"") { return position + 1 }
            position += entry[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return entry.count
    }
}
