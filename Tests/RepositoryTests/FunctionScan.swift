/// A function, initialiser, subscript or computed property and how many lines it takes, signature included.
struct FunctionScan: Hashable {
    let name: String
    let line: Int
    let lineCount: Int
    /// False for computed properties.
    let isFunction: Bool

    /// All bodies of a file, nested ones too, found by counting braces in its code. Requirements of protocols
    /// have no body.
    static func bodies(in text: String) -> [FunctionScan] {
        let tokens = tokens(of: SwiftCode.of(text))
        return tokens.indices.compactMap { index in
            guard let start = bodyStart(at: index, tokens), let end = match(start, tokens) else { return nil }
            let name =
                tokens[index].text == "func" || tokens[index].text == "var"
                ? tokens[index + 1].text : tokens[index].text
            return FunctionScan(
                name: name, line: tokens[index].line, lineCount: tokens[end].line - tokens[index].line + 1,
                isFunction: tokens[index].text != "var")
        }
    }

    /// A word, or one character that is neither part of a word nor space.
    private struct Token {
        let text: String
        let line: Int
    }

    private static func tokens(of code: String) -> [Token] {
        code.numberedLines.flatMap { number, line -> [Token] in
            var tokens: [Token] = []
            var word = ""
            for character in line + " " {
                if character.isLetter || character.isNumber || character == "_" {
                    word.append(character)
                    continue
                }
                if !word.isEmpty { tokens.append(Token(text: word, line: number)) }
                word = ""
                if !character.isWhitespace { tokens.append(Token(text: String(character), line: number)) }
            }
            return tokens
        }
    }

    /// The brace that opens the body of the declaration whose keyword stands at `index`; nil if none does.
    private static func bodyStart(at index: Int, _ tokens: [Token]) -> Int? {
        guard index + 1 < tokens.count else { return nil }
        let next = tokens[index + 1].text
        let isMember = index > 0 && tokens[index - 1].text == "."
        switch tokens[index].text {
        case "func": return signatureEnd(after: index, tokens)
        case "init" where !isMember && "(?!<".contains(next): return signatureEnd(after: index, tokens)
        case "subscript" where !isMember && "(<".contains(next): return signatureEnd(after: index, tokens)
        case "deinit" where next == "{": return index + 1
        case "var": return propertyBodyStart(after: index, tokens)
        default: return nil
        }
    }

    private static func signatureEnd(after index: Int, _ tokens: [Token]) -> Int? {
        let others: Set = [
            "func", "init", "var", "let", "subscript", "deinit", "static", "struct", "enum", "extension",
            "protocol",
            "case", "typealias", "associatedtype", "public", "private", "internal", "fileprivate", "package",
            "mutating", "nonmutating", "override", "final", "import", "}", ";",
        ]
        guard let open = tokens[index...].firstIndex(where: { $0.text == "(" }),
            var place = match(open, tokens)
        else {
            return nil
        }
        place += 1
        while place < tokens.count, !others.contains(tokens[place].text) {
            if tokens[place].text == "{" { return place }
            guard let end = "([".contains(tokens[place].text) ? match(place, tokens) : place else {
                return nil
            }
            place = end + 1
        }
        return nil
    }

    /// A computed property has its brace on the line of its type, before any `=`.
    private static func propertyBodyStart(after index: Int, _ tokens: [Token]) -> Int? {
        var place = index + 1
        while place < tokens.count, tokens[place].line == tokens[place - 1].line {
            if tokens[place].text == "{" { return place }
            if tokens[place].text == "=" { return nil }
            guard let end = "([".contains(tokens[place].text) ? match(place, tokens) : place else {
                return nil
            }
            place = end + 1
        }
        return nil
    }

    /// The bracket that closes the one at `index`.
    private static func match(_ index: Int, _ tokens: [Token]) -> Int? {
        var depth = 0
        for place in index..<tokens.count {
            if ["(", "[", "{"].contains(tokens[place].text) { depth += 1 }
            if [")", "]", "}"].contains(tokens[place].text) { depth -= 1 }
            if depth == 0 { return place }
        }
        return nil
    }
}
