/// Swift source in which comments and the text of string literals are blanked, line by line as it was, so
/// that words, braces and imports found in it are code. Code inside interpolations stays.
struct SwiftCode {
    private let bytes: [UInt8]
    private var position = 0
    private var output: [UInt8] = []

    static func of(_ text: String) -> String {
        var scanner = SwiftCode(bytes: Array(text.utf8))
        scanner.copyCode(isInterpolation: false)
        return String(decoding: scanner.output, as: UTF8.self)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var isAtEnd: Bool { position >= bytes.count }

    private func follows(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    private mutating func copy() {
        output.append(bytes[position])
        position += 1
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where !isAtEnd {
            output.append(bytes[position] == UInt8(ascii: "\n") ? UInt8(ascii: "\n") : UInt8(ascii: " "))
            position += 1
        }
    }

    /// Up to the end, or to the parenthesis that closes an interpolation.
    private mutating func copyCode(isInterpolation: Bool) {
        var depth = 0
        while !isAtEnd {
            if follows("//") {
                while !isAtEnd, bytes[position] != UInt8(ascii: "\n") { blank() }
            } else if follows("/*") {
                blankBlockComment()
            } else if let hashes = hashesBeforeQuote() {
                copyLiteral(hashes: hashes)
            } else {
                if bytes[position] == UInt8(ascii: "(") { depth += 1 }
                if bytes[position] == UInt8(ascii: ")") { depth -= 1 }
                if isInterpolation, depth < 0 { return }
                copy()
            }
        }
    }

    private mutating func blankBlockComment() {
        var depth = 0
        repeat {
            if follows("/*") {
                depth += 1
                blank(2)
            } else if follows("*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && !isAtEnd
    }

    /// How many `#` stand before a quote here; nil where no literal begins.
    private func hashesBeforeQuote() -> Int? {
        let hashes = bytes[position...].prefix { $0 == UInt8(ascii: "#") }.count
        let next = position + hashes
        return next < bytes.count && bytes[next] == UInt8(ascii: "\"") ? hashes : nil
    }

    private mutating func copyLiteral(hashes: Int) {
        let raw = String(repeating: "#", count: hashes)
        for _ in 0..<hashes { copy() }
        let quotes = follows("\"\"\"") ? "\"\"\"" : "\""
        for _ in 0..<quotes.utf8.count { copy() }
        while !isAtEnd {
            if follows(quotes + raw) {
                for _ in 0..<quotes.utf8.count + hashes { copy() }
                return
            }
            if follows("\\" + raw + "(") {
                blank(1 + hashes)
                copy()
                copyCode(isInterpolation: true)
                if !isAtEnd { copy() }
            } else if follows("\\" + raw) {
                blank(2 + hashes)
            } else if quotes == "\"", bytes[position] == UInt8(ascii: "\n") {
                return
            } else {
                blank()
            }
        }
    }
}
