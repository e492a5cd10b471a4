public import Model

/// A row predicate as a reader wrote it, read but not yet tied to the fields of a version.
///
///     FIELD = VALUE       also != < <= > >=
///     FIELD in (VALUE, ...)
///     FIELD is null       also: is not null
///
/// joined by `not`, `and`, `or` and parentheses, binding in that order. Texts, dates and times stand in
/// single quotes, numbers and `true`, `false` bare; a name that is no plain word in double quotes. A quote
/// inside quotes is doubled. Keywords are known in any case.
///
/// The logic has three values: what is null or was not granted makes a test unknown, and only rows for which
/// the whole is true are sent.
public struct Condition: Sendable {
    /// Of the text, in UTF-8.
    public static let maximumTextBytes = 8_192
    /// Tests, `not`s, and groups that `and` or `or` joins.
    public static let maximumNodes = 1_000
    /// How deep parentheses and `not`s may be nested.
    public static let maximumDepth = 64
    public static let maximumListValues = 1_000

    /// As it was written.
    public let text: String
    /// Of the fields that it asks about, each once, in the order of their first mention.
    public let fieldNames: [String]
    let root: Node

    /// - Throws: `ClientFault` that says where in the text it cannot be understood, what stands there and
    ///   what could.
    public init(_ text: String) throws(ClientFault) {
        var parser = try ConditionParser(text)
        root = try parser.parse()
        fieldNames = parser.fieldNames
        self.text = text
    }

    indirect enum Node: Sendable {
        case all([Node])
        case any([Node])
        case not(Node)
        case test(Test)
    }

    /// What is asked about one field.
    struct Test: Sendable {
        enum Question: Sendable {
            case compare(Comparison, Literal)
            case isIn([Literal])
            /// `is null`, or `is not null` if false.
            case isNull(Bool)
        }

        var field: String
        /// Of the field's name in the text, in characters from 1.
        var position: Int
        var question: Question
    }

    enum Comparison: String, Sendable, CaseIterable {
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    struct Literal: Sendable {
        enum Value: Hashable, Sendable {
            case text(String)
            /// As written, in JSON's grammar.
            case number(String)
            case boolean(Bool)
        }

        var value: Value
        /// In the text, in characters from 1.
        var position: Int
    }
}

extension Condition {
    /// A condition that cannot be understood.
    static func malformed(
        at position: Int, found: String?, expected: String, remedy: String? = nil
    ) -> ClientFault {
        ClientFault(
            .badInput, "where_malformed", "`where` cannot be understood at character \(position)",
            field: "where", found: found ?? "the end", expected: expected, remedy: remedy)
    }

    /// A condition that would take too much to evaluate.
    static func tooLarge(_ what: String, expected: String) -> ClientFault {
        ClientFault(
            .badInput, "where_too_large", "`where` \(what)", field: "where", expected: expected,
            remedy: "ask for less at once")
    }
}
