import Model

/// Cuts a condition's text into tokens, one at a time.
struct ConditionLexer {
    private let scalars: [Unicode.Scalar]
    private var index = 0

    /// `text` is not longer than a condition may be.
    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// The next token; at the end again and again the end.
    mutating func next() throws(ClientFault) -> ConditionToken {
        while let scalar = peek, " \t\r\n".unicodeScalars.contains(scalar) { index += 1 }
        let start = index
        let kind = try kind()
        let source = start < index ? string(start..<index) : nil
        return ConditionToken(kind: kind, position: start + 1, source: source)
    }

    private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private mutating func kind() throws(ClientFault) -> ConditionToken.Kind {
        guard let first = peek else { return .end }
        switch first {
        case "'": return .text(try quoted(by: first))
        case "\"": return try .name(name())
        case "(", ")", ",", "=":
            index += 1
            return .symbol(String(first))
        case "<", ">", "!": return try symbol(first)
        case "0"..."9", "-", "+", ".": return .number(try number())
        case _ where Self.beginsWord(first):
            let start = index
            while let scalar = peek, Self.continuesWord(scalar) { index += 1 }
            let word = string(start..<index)
            try check(name: word, at: start)
            return .word(word)
        default:
            throw Condition.malformed(
                at: index + 1, found: String(first), expected: "a field, a value, a comparison, `(` or `)`",
                remedy: "put texts in single quotes, and names that are no plain words in double quotes")
        }
    }

    private mutating func symbol(_ first: Unicode.Scalar) throws(ClientFault) -> ConditionToken.Kind {
        index += 1
        if peek == "=" {
            index += 1
            return .symbol("\(first)=")
        }
        guard first != "!" else {
            throw Condition.malformed(at: index, found: "!", expected: "`!=`", remedy: "write `not` for not")
        }
        return .symbol(String(first))
    }

    // MARK: Words and names

    private static func beginsWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII ? scalar == "_" || scalar.properties.isAlphabetic : scalar.properties.isXIDStart
    }

    private static func continuesWord(_ scalar: Unicode.Scalar) -> Bool {
        beginsWord(scalar) || ("0"..."9").contains(scalar)
            || !scalar.isASCII && scalar.properties.isXIDContinue
    }

    private mutating func name() throws(ClientFault) -> String {
        let start = index
        let name = try quoted(by: "\"")
        guard !name.isEmpty else {
            throw Condition.malformed(
                at: start + 1, found: "\"\"", expected: "a field's name",
                remedy: "put texts in single quotes")
        }
        try check(name: name, at: start)
        return name
    }

    /// Names are compared, and comparing text that piles up combining marks could take minutes.
    private func check(name: String, at start: Int) throws(ClientFault) {
        guard name.isStreamSafe else {
            throw Condition.malformed(
                at: start + 1, found: name, expected: "a name without piles of combining marks")
        }
    }

    // MARK: Values

    /// What stands in quotes, a doubled one inside for one.
    private mutating func quoted(by quote: Unicode.Scalar) throws(ClientFault) -> String {
        let start = index
        index += 1
        var content = String.UnicodeScalarView()
        while let scalar = peek {
            index += 1
            if scalar == quote {
                guard peek == quote else { return String(content) }
                index += 1
            }
            content.append(scalar)
        }
        throw Condition.malformed(
            at: start + 1, found: string(start..<scalars.count), expected: "a closing `\(quote)`",
            remedy: "double a quote that is part of the text")
    }

    private mutating func number() throws(ClientFault) -> String {
        let start = index
        while let scalar = peek, scalar == "+" || scalar == "-" || scalar == "." || Self.continuesWord(scalar)
        {
            index += 1
        }
        let text = string(start..<index)
        guard FieldType.decimal.accepts(Array(text.utf8).span), NumberText.canCompare(with: text) else {
            throw Condition.malformed(
                at: start + 1, found: text,
                expected: FieldType.decimal.expectation + ", with an exponent of at most 18 digits",
                remedy: "put texts, dates and times in single quotes, other names than plain words in double")
        }
        return text
    }

    private func string(_ range: Range<Int>) -> String {
        String(String.UnicodeScalarView(scalars[range]))
    }
}
