import Model

/// Reads a condition by recursive descent, as deep as a condition may be nested.
struct ConditionParser {
    private var lexer: ConditionLexer
    /// The next one, not yet taken.
    private var token: ConditionToken
    private var nodes = 0
    private var seen: Set<String> = []
    private(set) var fieldNames: [String] = []

    init(_ text: String) throws(ClientFault) {
        guard text.utf8.count <= Condition.maximumTextBytes else {
            throw Condition.tooLarge(
                "has \(text.utf8.count) bytes", expected: "at most \(Condition.maximumTextBytes)")
        }
        lexer = ConditionLexer(text)
        token = try lexer.next()
    }

    /// The whole text.
    mutating func parse() throws(ClientFault) -> Condition.Node {
        let node = try disjunction(0)
        guard token.kind == .end else { throw unexpected("`and`, `or` or the end") }
        return node
    }

    // MARK: Logic

    private mutating func disjunction(_ depth: Int) throws(ClientFault) -> Condition.Node {
        let first = try conjunction(depth)
        guard token.keyword == "or" else { return first }
        try count()
        var nodes = [first]
        while try takes("or") { nodes.append(try conjunction(depth)) }
        return .any(nodes)
    }

    private mutating func conjunction(_ depth: Int) throws(ClientFault) -> Condition.Node {
        let first = try unit(depth)
        guard token.keyword == "and" else { return first }
        try count()
        var nodes = [first]
        while try takes("and") { nodes.append(try unit(depth)) }
        return .all(nodes)
    }

    private mutating func unit(_ depth: Int) throws(ClientFault) -> Condition.Node {
        if token.keyword == "not" || token.kind == .symbol("(") {
            guard depth < Condition.maximumDepth else {
                throw Condition.tooLarge(
                    "is nested too deep at character \(token.position)",
                    expected: "at most \(Condition.maximumDepth) parentheses and `not`s inside each other")
            }
        }
        if try takes("not") {
            try count()
            return .not(try unit(depth + 1))
        }
        if try takes(symbol: "(") {
            let inner = try disjunction(depth + 1)
            guard try takes(symbol: ")") else { throw unexpected("`and`, `or` or `)`") }
            return inner
        }
        return .test(try test())
    }

    private mutating func count() throws(ClientFault) {
        nodes += 1
        guard nodes <= Condition.maximumNodes else {
            throw Condition.tooLarge(
                "has too many parts",
                expected: "at most \(Condition.maximumNodes) comparisons and what joins them")
        }
    }

    // MARK: Tests

    private mutating func test() throws(ClientFault) -> Condition.Test {
        try count()
        let position = token.position
        let field = try field()
        if seen.insert(field).inserted { fieldNames.append(field) }
        return Condition.Test(field: field, position: position, question: try question())
    }

    private mutating func field() throws(ClientFault) -> String {
        switch token.kind {
        case .name(let name):
            try advance()
            return name
        case .word(let word) where token.keyword == nil:
            try advance()
            return word
        case .word:
            throw unexpected(
                "a field, `not` or `(`", remedy: "put the name of a field that is a keyword in double quotes")
        case .text:
            throw unexpected("a field, `not` or `(`", remedy: "put names in double quotes, or in none")
        default: throw unexpected("a field, `not` or `(`")
        }
    }

    private mutating func question() throws(ClientFault) -> Condition.Test.Question {
        if case .symbol(let symbol) = token.kind, let comparison = Condition.Comparison(rawValue: symbol) {
            try advance()
            return .compare(comparison, try literal())
        }
        if try takes("in") { return .isIn(try list()) }
        if try takes("is") {
            let isNegated = try takes("not")
            guard try takes("null") else { throw unexpected(isNegated ? "`null`" : "`null` or `not null`") }
            return .isNull(!isNegated)
        }
        throw unexpected(
            "one of = != < <= > >=, `in`, `is null` or `is not null`",
            remedy: "put names that are no plain words in double quotes")
    }

    private mutating func list() throws(ClientFault) -> [Condition.Literal] {
        guard try takes(symbol: "(") else { throw unexpected("`(` and a list of values") }
        var values = [try literal()]
        while try takes(symbol: ",") {
            guard values.count < Condition.maximumListValues else {
                throw Condition.tooLarge(
                    "has a list that is too long",
                    expected: "at most \(Condition.maximumListValues) values behind `in`")
            }
            values.append(try literal())
        }
        guard try takes(symbol: ")") else { throw unexpected("`,` or `)`") }
        return values
    }

    private mutating func literal() throws(ClientFault) -> Condition.Literal {
        let value: Condition.Literal.Value
        switch token.kind {
        case .text(let text): value = .text(text)
        case .number(let text): value = .number(text)
        case .word where token.keyword == "true": value = .boolean(true)
        case .word where token.keyword == "false": value = .boolean(false)
        case .word where token.keyword == "null":
            throw unexpected("a value", remedy: "write `is null` or `is not null`")
        default:
            throw unexpected(
                "a text in single quotes, a number, `true` or `false`",
                remedy: "put texts, dates and times in single quotes")
        }
        let position = token.position
        try advance()
        return Condition.Literal(value: value, position: position)
    }

    // MARK: Tokens

    private mutating func advance() throws(ClientFault) { token = try lexer.next() }

    private mutating func takes(_ keyword: String) throws(ClientFault) -> Bool {
        guard token.keyword == keyword else { return false }
        try advance()
        return true
    }

    private mutating func takes(symbol: String) throws(ClientFault) -> Bool {
        guard token.kind == .symbol(symbol) else { return false }
        try advance()
        return true
    }

    private func unexpected(_ expected: String, remedy: String? = nil) -> ClientFault {
        Condition.malformed(at: token.position, found: token.source, expected: expected, remedy: remedy)
    }
}
