/// A request for data that says nothing unusual: `GET /data/...` over HTTP/1.1, with a bearer token, without
/// a body, a condition, a range, or a field that is not one of a few known ones.
///
/// It is read from bytes that nobody has parsed yet, so it is strict: whatever is not exactly so is no plain
/// request, and goes to the parser that knows all of HTTP. What it accepts every parser reads alike.
struct PlainRequest {
    /// Where in the bytes: the target, as it was sent.
    private(set) var target = 0..<0
    private(set) var token = 0..<0
    private(set) var accept: Range<Int>?
    private(set) var acceptEncoding: Range<Int>?
    /// How many bytes it has, the empty line included.
    private(set) var count = 0
    private var hasHost = false
    private var hasConnection = false

    /// Longer ones are read by the other parser.
    private static let maximumBytes = 16 << 10
    private static let start = Array("GET /data/".utf8)
    private static let version = Array("HTTP/1.1\r\n".utf8)
    private static let bearer = Array("bearer ".utf8)

    /// - Parameter bytes: what has come; more requests may follow.
    /// - Returns: nil for anything else, a request that has not come whole included.
    init?(_ bytes: Span<UInt8>) {
        guard Self.has(bytes, at: 0, Self.start),
            let end = Self.index(of: UInt8(ascii: " "), in: bytes, from: Self.start.count),
            Self.has(bytes, at: end + 1, Self.version)
        else { return nil }
        target = 4..<end
        var position = end + 1 + Self.version.count
        while true {
            guard position + 1 < bytes.count, position < Self.maximumBytes else { return nil }
            if bytes[position] == UInt8(ascii: "\r") {
                guard bytes[position + 1] == UInt8(ascii: "\n") else { return nil }
                break
            }
            guard let next = takeField(bytes, at: position) else { return nil }
            position = next
        }
        guard hasHost, !token.isEmpty else { return nil }
        count = position + 2
    }

    /// - Returns: where the next line begins; nil for a field that is not plain.
    private mutating func takeField(_ bytes: Span<UInt8>, at start: Int) -> Int? {
        guard let colon = Self.index(of: UInt8(ascii: ":"), in: bytes, from: start),
            let end = Self.endOfValue(bytes, from: colon + 1),
            let known = Known(bytes, start..<colon)
        else { return nil }
        guard let value = Self.trimmed(bytes, colon + 1..<end), take(known, value, bytes) else { return nil }
        return end + 2
    }

    private mutating func take(_ field: Known, _ value: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        switch field {
        case .host:
            guard !hasHost, !value.isEmpty else { return false }
            hasHost = true
        case .authorization:
            guard token.isEmpty, value.count > Self.bearer.count,
                Self.has(bytes, at: value.lowerBound, Self.bearer, ignoringCase: true)
            else { return false }
            token = value.lowerBound + Self.bearer.count..<value.upperBound
        case .accept:
            guard accept == nil else { return false }
            accept = value
        case .acceptEncoding:
            guard acceptEncoding == nil else { return false }
            acceptEncoding = value
        case .connection:
            guard !hasConnection, value.count == 10,
                Self.has(bytes, at: value.lowerBound, Array("keep-alive".utf8), ignoringCase: true)
            else { return false }
            hasConnection = true
        // What says nothing of the answer.
        case .userAgent, .acceptLanguage, .traceParent, .traceState, .requestID: break
        }
        return true
    }

    /// The fields that a plain request may have.
    private enum Known: CaseIterable {
        case host, authorization, accept, acceptEncoding, connection
        case userAgent, acceptLanguage, traceParent, traceState, requestID

        private var name: StaticString {
            switch self {
            case .host: "host"
            case .authorization: "authorization"
            case .accept: "accept"
            case .acceptEncoding: "accept-encoding"
            case .connection: "connection"
            case .userAgent: "user-agent"
            case .acceptLanguage: "accept-language"
            case .traceParent: "traceparent"
            case .traceState: "tracestate"
            case .requestID: "x-request-id"
            }
        }

        private static let names = allCases.map { (field: $0, name: Array("\($0.name)".utf8)) }

        init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
            for (field, name) in Self.names
            where name.count == range.count
                && PlainRequest.has(bytes, at: range.lowerBound, name, ignoringCase: true)
            {
                self = field
                return
            }
            return nil
        }
    }
}

extension PlainRequest {
    private static func has(
        _ bytes: Span<UInt8>, at start: Int, _ text: [UInt8], ignoringCase: Bool = false
    ) -> Bool {
        guard start + text.count <= bytes.count else { return false }
        for index in text.indices {
            var byte = bytes[start + index]
            if ignoringCase, byte >= UInt8(ascii: "A"), byte <= UInt8(ascii: "Z") { byte |= 0x20 }
            if byte != text[index] { return false }
        }
        return true
    }

    /// Where a byte is that ends a word: nil if the line, or what has come, ends before.
    private static func index(of byte: UInt8, in bytes: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        let end = min(bytes.count, maximumBytes)
        while index < end {
            let found = bytes[index]
            if found == byte { return index }
            // No word holds blanks, controls, or what is not ASCII.
            if found <= 0x20 || found >= 0x7F { return nil }
            index += 1
        }
        return nil
    }

    /// Where the CR LF behind a value is; nil if something stands in it that no value of a plain request has.
    private static func endOfValue(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var index = start
        let end = min(bytes.count, maximumBytes) - 1
        while index < end {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\r") { return bytes[index + 1] == UInt8(ascii: "\n") ? index : nil }
            if byte < 0x20 && byte != UInt8(ascii: "\t") || byte >= 0x7F { return nil }
            index += 1
        }
        return nil
    }

    /// A value without the blanks before it; nil if there are some behind, which the other parser leaves.
    private static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int>? {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var start = range.lowerBound
        while start < range.upperBound, isBlank(bytes[start]) { start += 1 }
        guard start == range.upperBound || !isBlank(bytes[range.upperBound - 1]) else { return nil }
        return start..<range.upperBound
    }
}
