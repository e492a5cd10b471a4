/// Why a text is not the JSON we accept, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Lower case, without the place.
    public let message: String
    /// Both from 1; the column counts UTF-8 bytes.
    public let line: Int, column: Int

    public var description: String { "\(message) at line \(line), column \(column)" }
}

extension JSON {
    /// Parses one JSON text (RFC 8259), strictly: UTF-8, no duplicate members, no lone surrogates, no
    /// number that overflows a double, and no deeper than `maximumDepth`.
    ///
    /// Two names that Unicode holds canonically equivalent are duplicates. A string with more combining marks
    /// in a row than any writing has is refused, because comparing it would be slow. Time and memory are
    /// linear in the input.
    /// - Throws: `JSONError` with line and column.
    public static func parse(_ bytes: some Collection<UInt8>, maximumDepth: Int = 64) throws(JSONError)
        -> JSON
    {
        var parser = JSONParser(bytes: Array(bytes), maximumDepth: maximumDepth)
        return try parser.document()
    }

    public static func parse(_ text: String, maximumDepth: Int = 64) throws(JSONError) -> JSON {
        try parse(Array(text.utf8), maximumDepth: maximumDepth)
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    let maximumDepth: Int
    var position = 0
    var depth = 0

    init(bytes: [UInt8], maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSONError) -> JSON {
        let result = try value()
        skipSpace()
        guard position == bytes.count else { throw failure("text after the end of the value") }
        return result
    }

    func failure(_ message: String, at place: Int? = nil) -> JSONError {
        let before = bytes[..<min(place ?? position, bytes.count)]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return JSONError(
            message: message, line: before.count { $0 == UInt8(ascii: "\n") } + 1,
            column: before.count - lineStart + 1)
    }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    mutating func value() throws(JSONError) -> JSON {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case .some(48...57), UInt8(ascii: "-"): return try number()
        case nil: throw failure("the text ends where a value was expected")
        default: throw failure("expected a value")
        }
    }

    mutating func word(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let expected = Array(text.description.utf8)
        guard bytes[position...].starts(with: expected) else { throw failure("expected a value") }
        position += expected.count
        return value
    }

    mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= maximumDepth else { throw failure("nested deeper than \(maximumDepth)") }
        position += 1
        skipSpace()
    }

    mutating func object() throws(JSONError) -> JSON {
        try enter()
        defer { depth -= 1 }
        var members: [String: JSON] = [:]
        if current == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            skipSpace()
            let start = position
            guard current == UInt8(ascii: "\"") else { throw failure("expected a member name in quotes") }
            let name = try string()
            guard members[name] == nil else { throw failure("member `\(name)` appears twice", at: start) }
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw failure("expected `:`") }
            position += 1
            members[name] = try value()
            if try isLast(closing: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    mutating func array() throws(JSONError) -> JSON {
        try enter()
        defer { depth -= 1 }
        var elements: [JSON] = []
        if current == UInt8(ascii: "]") {
            position += 1
            return .array(elements)
        }
        while true {
            elements.append(try value())
            if try isLast(closing: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    mutating func isLast(closing: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        guard let byte = current, byte == closing || byte == UInt8(ascii: ",") else {
            throw failure("expected `,` or `\(Character(UnicodeScalar(closing)))`")
        }
        position += 1
        return byte == closing
    }

    mutating func number() throws(JSONError) -> JSON {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let integerStart = position
        try digits()
        if bytes[integerStart] == UInt8(ascii: "0"), position - integerStart > 1 {
            throw failure("a number must not begin with 0", at: integerStart)
        }
        var isInteger = true
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(text), text != "-0" { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw failure("number too large", at: start) }
        return .number(value)
    }

    mutating func digits() throws(JSONError) {
        let start = position
        while let byte = current, (48...57).contains(byte) { position += 1 }
        guard position > start else { throw failure("expected a digit") }
    }

    mutating func string() throws(JSONError) -> String {
        let start = position
        position += 1
        var output: [UInt8] = []
        while true {
            guard let byte = current else { throw failure("the text ends inside a string", at: start) }
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: output, as: UTF8.self) else {
                    throw failure("a string is not valid UTF-8", at: start)
                }
                guard text.isStreamSafe else {
                    throw failure(
                        "more than \(String.maximumCombiningMarks) combining marks in a row", at: start)
                }
                return text
            case UInt8(ascii: "\\"): output.append(contentsOf: Character(try escape()).utf8)
            case 0..<0x20: throw failure("a control character must be escaped", at: position - 1)
            default: output.append(byte)
            }
        }
    }

    mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard let byte = current else { throw failure("the text ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw failure("unknown escape", at: position - 1)
        }
    }

    mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let start = position - 2
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
        guard first < 0xDC00, current == UInt8(ascii: "\\") else {
            throw failure("lone surrogate", at: start)
        }
        position += 1
        guard current == UInt8(ascii: "u") else { throw failure("lone surrogate", at: start) }
        position += 1
        let second = try codeUnit()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + UInt32(second) - 0xDC00)
        else { throw failure("lone surrogate", at: start) }
        return scalar
    }

    mutating func codeUnit() throws(JSONError) -> UInt16 {
        guard bytes.count - position >= 4,
            let decoded = Hex.decode(String(decoding: bytes[position..<position + 4], as: UTF8.self)),
            decoded.count == 2
        else { throw failure("expected four hexadecimal digits") }
        position += 4
        return UInt16(decoded[0]) << 8 | UInt16(decoded[1])
    }
}
