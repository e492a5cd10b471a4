/// Follows where requests begin and end in what goes to the other parser, so that the fast lane takes over
/// only between two of them.
///
/// It is strict for the same reason as `PlainRequest`: both parsers must find the same ends. Where it could
/// be wrong (a body in chunks, a head that is not written as RFC 9112 wants it, a connection that is to be
/// closed) it gives up for good, and everything that still comes on the connection is the other parser's.
struct MessageFramer {
    private enum State {
        case between
        case head([UInt8])
        /// Of a body: how many bytes are to come.
        case body(Int)
        case lost
    }

    /// The other parser takes no longer ones.
    private static let maximumHeadBytes = 32 << 10
    private static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    private var state = State.between
    /// How many heads have come whole.
    private(set) var requests = 0

    /// Whether the next byte begins a request.
    var isBetween: Bool { if case .between = state { true } else { false } }

    /// Whether it never will again, as far as can be told.
    var isLost: Bool { if case .lost = state { true } else { false } }

    mutating func pass(_ bytes: Span<UInt8>) {
        var position = 0
        while position < bytes.count {
            switch state {
            case .lost: return
            case .body(let rest):
                let taken = min(rest, bytes.count - position)
                position += taken
                state = taken == rest ? .between : .body(rest - taken)
            case .between:
                state = .head([])
            case .head(var head):
                // Not two owners of the same bytes.
                state = .between
                position = Self.collect(&head, bytes, from: position)
                state = Self.state(after: head)
                if head.suffix(4).elementsEqual(Self.emptyLine) { requests += 1 }
            }
        }
    }

    private static let emptyLine = Array("\r\n\r\n".utf8)

    /// - Returns: behind what was taken: to the end of the head, or of the bytes.
    private static func collect(_ head: inout [UInt8], _ bytes: Span<UInt8>, from start: Int) -> Int {
        var position = start
        while position < bytes.count, head.count <= maximumHeadBytes {
            head.append(bytes[position])
            position += 1
            if head.last == UInt8(ascii: "\n"), head.suffix(4).elementsEqual(emptyLine) { break }
        }
        return position
    }

    private static func state(after head: [UInt8]) -> State {
        guard head.count <= maximumHeadBytes else { return .lost }
        guard head.suffix(4).elementsEqual(emptyLine) else { return .head(head) }
        guard let length = bodyBytes(of: head) else { return .lost }
        return length == 0 ? .between : .body(length)
    }

    /// How long the body of a request is; nil if that cannot be said for sure.
    private static func bodyBytes(of head: [UInt8]) -> Int? {
        let lines = head.dropLast(4).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard let first = lines.first, isRequestLine(line(first, isLast: lines.count == 1)) else {
            return nil
        }
        var length: Int?
        for (number, raw) in lines.enumerated().dropFirst() {
            guard let field = field(line(raw, isLast: number == lines.count - 1)) else { return nil }
            switch field.name {
            case "content-length":
                let digits = field.value.utf8.allSatisfy { (0x30...0x39).contains($0) }
                guard length == nil, digits, field.value.utf8.count <= 15, let count = Int(field.value) else {
                    return nil
                }
                length = count
            case "connection", "proxy-connection":
                guard field.value.lowercased() == "keep-alive" else { return nil }
            case "transfer-encoding", "upgrade", "http2-settings": return nil
            default: break
            }
        }
        return length ?? 0
    }

    /// Without its CR; the last one has none, since the empty line was cut off with it. Nil if it has none.
    private static func line(_ raw: ArraySlice<UInt8>, isLast: Bool) -> ArraySlice<UInt8>? {
        if isLast { return raw }
        return raw.last == UInt8(ascii: "\r") ? raw.dropLast() : nil
    }

    private static func isRequestLine(_ line: ArraySlice<UInt8>?) -> Bool {
        guard let line, line.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return false }
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 3, words[1].first == UInt8(ascii: "/") else { return false }
        // Others are refused by the other parser, or mean something else than a request.
        return methods.contains { words[0].elementsEqual($0.utf8) } && words[2].elementsEqual("HTTP/1.1".utf8)
    }

    private static func field(_ line: ArraySlice<UInt8>?) -> (name: String, value: String)? {
        guard let line, let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(isTokenByte),
            line[colon...].allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") })
        else { return nil }
        let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t")]
        var value = line[(colon + 1)...].drop { blanks.contains($0) }
        while let last = value.last, blanks.contains(last) { value = value.dropLast() }
        return (
            String(decoding: line[..<colon], as: UTF8.self).lowercased(),
            String(decoding: value, as: UTF8.self)
        )
    }

    /// RFC 9110 section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
