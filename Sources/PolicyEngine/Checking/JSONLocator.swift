/// Finds where a value stands in the text of a JSON document.
///
/// The text is one that has been parsed: nothing here checks it again.
struct JSONLocator {
    /// Both from 1; the column counts UTF-8 bytes.
    struct Position: Hashable, Sendable {
        var line: Int, column: Int
    }

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The position of the value at a path such as `$.permission[0]`, or of the innermost part of the path
    /// that is there. A member is found at its name.
    func position(of path: String) -> Position {
        var place = skipSpace(0)
        for step in Self.steps(path) {
            guard let next = step.index.map({ element($0, of: place) }) ?? member(step.name, of: place) else {
                break
            }
            place = next
        }
        let before = bytes[..<min(place, bytes.count)]
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return Position(
            line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: before.count - lineStart + 1)
    }

    // MARK: Paths

    private struct Step {
        var name = ""
        var index: Int?
    }

    /// `$.a['b c'][0]` as a, b c, 0.
    private static func steps(_ path: String) -> [Step] {
        var steps: [Step] = []
        var rest = path.dropFirst()[...]
        while let first = rest.popFirst() {
            if first == "." {
                let name = rest.prefix { $0 != "." && $0 != "[" }
                steps.append(Step(name: String(name)))
                rest = rest.dropFirst(name.count)
            } else if rest.first == "'" {
                rest = rest.dropFirst()
                guard let end = rest.range(of: "']") else { return steps }
                steps.append(Step(name: String(rest[..<end])))
                rest = rest[rest.index(end, offsetBy: 2)...]
            } else {
                let digits = rest.prefix { $0 != "]" }
                steps.append(Step(index: Int(digits) ?? 0))
                rest = rest.dropFirst(digits.count + 1)
            }
        }
        return steps
    }

    // MARK: Values

    private func byte(_ place: Int) -> UInt8? { place < bytes.count ? bytes[place] : nil }

    private func skipSpace(_ start: Int) -> Int {
        var place = start
        while let byte = byte(place), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            place += 1
        }
        return place
    }

    /// The place after the value that begins at `start`.
    private func skipValue(_ start: Int) -> Int {
        switch byte(start) {
        case UInt8(ascii: "\""): return skipString(start)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            var (place, depth) = (start, 0)
            while let byte = byte(place) {
                switch byte {
                case UInt8(ascii: "\""):
                    place = skipString(place)
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
                place += 1
                if depth == 0 { return place }
            }
            return place
        default:
            var place = start
            while let byte = byte(place), !",]} \n\r\t".utf8.contains(byte) { place += 1 }
            return place
        }
    }

    private func skipString(_ start: Int) -> Int {
        var place = start + 1
        while let byte = byte(place), byte != UInt8(ascii: "\"") {
            place += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return place + 1
    }

    private func element(_ index: Int, of start: Int) -> Int? {
        guard byte(start) == UInt8(ascii: "[") else { return nil }
        var place = skipSpace(start + 1)
        for _ in 0..<index {
            place = skipSpace(skipValue(place))
            guard byte(place) == UInt8(ascii: ",") else { return nil }
            place = skipSpace(place + 1)
        }
        return byte(place) == UInt8(ascii: "]") ? nil : place
    }

    /// The place of the member's value where the path goes on, of its name where it ends.
    private func member(_ name: String, of start: Int) -> Int? {
        // A path may go through the name of a member: its value follows.
        var object = start
        if byte(start) == UInt8(ascii: "\"") {
            let colon = skipSpace(skipString(start))
            guard byte(colon) == UInt8(ascii: ":") else { return nil }
            object = skipSpace(colon + 1)
        }
        guard byte(object) == UInt8(ascii: "{") else { return nil }
        var place = skipSpace(object + 1)
        while byte(place) == UInt8(ascii: "\"") {
            let end = skipString(place)
            let found = String(decoding: bytes[(place + 1)..<max(place + 1, end - 1)], as: UTF8.self)
            let value = skipSpace(skipSpace(end) + 1)
            if found == name { return value }
            place = skipSpace(skipValue(value))
            guard byte(place) == UInt8(ascii: ",") else { return nil }
            place = skipSpace(place + 1)
        }
        return nil
    }
}

extension Substring {
    /// The index at which `text` begins.
    fileprivate func range(of text: String) -> Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }
}
