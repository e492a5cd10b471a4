internal import Model

/// Writes and reads the lines of side files that say whose rows went, as they mostly are: one list of fields
/// for very many owners, keys in plain ASCII, no period. Of other lines it says that it does not know them.
///
/// What it writes and takes is canonical JSON (RFC 8785) with the members `fields`, `owner`, `rows`, `salt`.
struct DeliveryLine {
    static let saltBytes = 16
    private static let ownerHead = Array(",\"owner\":\"".utf8)
    private static let rowsHead = Array("\",\"rows\":".utf8)
    private static let saltHead = Array(",\"salt\":\"".utf8)
    private static let end = Array("\"}".utf8)
    /// Of 16 bytes in base64url.
    private static let saltCharacters = 22

    private(set) var fields: [String] = []
    /// What every line with these fields begins with, up to the key; empty while there are none.
    private var head: [UInt8] = []

    /// Takes the fields of the lines that follow.
    mutating func turn(to names: [String]) {
        guard head.isEmpty || names != fields else { return }
        fields = names
        head = Array("{\"fields\":".utf8) + JSON(names).canonical + Self.ownerHead
    }

    // MARK: Writing

    /// Writes a line without its LF.
    /// - Returns: false, and nothing is written, if it is one of the others.
    func write(
        _ key: String, rows: Int, salt: Span<UInt8>, to output: inout [UInt8]
    ) -> Bool {
        guard key.utf8.allSatisfy(Self.isPlain) else { return false }
        output += head
        output += key.utf8
        output += Self.rowsHead
        Self.write(rows, to: &output)
        output += Self.saltHead
        Base64.encodeURL(salt, to: &output)
        output += Self.end
        return true
    }

    private static func write(_ number: Int, to output: inout [UInt8]) {
        let start = output.count
        var rest = number
        repeat {
            output.append(UInt8(48 + rest % 10))
            rest /= 10
        } while rest > 0
        if output.count - start > 1 { output[start...].reverse() }
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    // MARK: Reading

    /// Where the key is in a line without its LF, and how many rows went; nil if it is one of the others.
    func read(_ line: Span<UInt8>) -> (key: Range<Int>, rows: Int)? {
        guard !head.isEmpty, Self.has(head, line, 0) else { return nil }
        var place = head.count
        while place < line.count, Self.isPlain(line[place]) { place += 1 }
        let key = head.count..<place
        guard Self.has(Self.rowsHead, line, place) else { return nil }
        place += Self.rowsHead.count
        let start = place
        var rows = 0
        while place < line.count, place < start + 15, line[place] &- 48 < 10 {
            rows = 10 * rows + Int(line[place] - 48)
            place += 1
        }
        guard place > start, place == start + 1 || line[start] != 48, Self.has(Self.saltHead, line, place)
        else { return nil }
        place += Self.saltHead.count
        guard line.count == place + Self.saltCharacters + Self.end.count,
            Self.has(Self.end, line, place + Self.saltCharacters)
        else { return nil }
        for index in place..<place + Self.saltCharacters where !Self.isDigit(line[index]) { return nil }
        // The last digit has four bits that stand for nothing.
        guard "AQgw".utf8.contains(line[place + Self.saltCharacters - 1]) else { return nil }
        return (key, rows)
    }

    private static func has(_ text: [UInt8], _ line: Span<UInt8>, _ start: Int) -> Bool {
        guard line.count - start >= text.count else { return false }
        for index in text.indices where line[start + index] != text[index] { return false }
        return true
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
