/// Lines ended by a newline, taken from the front of bytes that are UTF-8.
struct Lines {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// Without its newline; nil when no newline is left.
    mutating func next() -> String? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}

extension String {
    /// What follows `word` and one space; nil if the text does not begin with them.
    func afterWord(_ word: String) -> String? {
        let prefix = Array(word.utf8) + [UInt8(ascii: " ")]
        guard utf8.starts(with: prefix) else { return nil }
        return String(decoding: Array(utf8.dropFirst(prefix.count)), as: UTF8.self)
    }
}
