import Model

/// A literal of a condition, found to be a value of its field's type.
struct ConditionValue {
    /// As a cell would hold it between its quotes.
    private let stored: [UInt8]
    /// What the constant's `bytes` are.
    let bytes: [UInt8]
    /// Its bytes are all of `bytes`.
    let constant: ConditionProgram.Constant
    private let kind: ConditionProgram.Kind

    /// - Throws: `ClientFault` for a literal that is no value of the field's type.
    init(_ literal: Condition.Literal, _ field: Field) throws(ClientFault) {
        let text = try Self.text(literal, field)
        kind = field.type.conditionKind
        switch kind {
        case .isNull, .text:
            bytes = text
            stored = text.flatMap { $0 == UInt8(ascii: "\"") ? [$0, $0] : [$0] }
            constant = ConditionProgram.Constant(bytes: bytes.indices)
        case .number:
            let number = NumberText(text.span, text.indices)
            var digits = text[number.digits].filter { $0 != UInt8(ascii: ".") }
            while digits.last == UInt8(ascii: "0") { digits.removeLast() }
            bytes = digits
            stored = text
            constant = ConditionProgram.Constant(
                bytes: bytes.indices, sign: number.sign, magnitude: number.exponent)
        case .time:
            let time = TimeText(text.span, text.indices)
            bytes = time.map { Array(text[$0.fraction]) } ?? []
            stored = text
            constant = ConditionProgram.Constant(bytes: bytes.indices, magnitude: time?.seconds ?? 0)
        }
    }

    func order(to other: ConditionValue) -> ValueOrder {
        ConditionProgram.order(stored.span, stored.indices, kind, to: other.constant, in: other.bytes.span)
    }

    // MARK: Types

    private static func text(_ literal: Condition.Literal, _ field: Field) throws(ClientFault) -> [UInt8] {
        switch literal.value {
        case .text(let text):
            let bytes = Array(text.utf8)
            if ![.integer, .decimal, .boolean].contains(field.type), field.type.accepts(bytes.span) {
                return bytes
            }
        case .number(let text):
            if [.integer, .decimal].contains(field.type) { return Array(text.utf8) }
        case .boolean(let value):
            if field.type == .boolean { return Array((value ? "true" : "false").utf8) }
        }
        throw fault(
            "is compared with something else", field, literal.position, found: literal.source,
            expected: expectation(field.type))
    }

    /// What a literal of this type looks like, for messages.
    private static func expectation(_ type: FieldType) -> String {
        switch type {
        case .string: "a text in single quotes"
        case .integer, .decimal: "a number such as -12.5 or 1e6, without quotes"
        case .boolean: "true or false, without quotes"
        case .date, .datetime: "\(type.expectation), in single quotes"
        }
    }

    static func fault(
        _ what: String, _ field: Field, _ position: Int, found: String, expected: String
    ) -> ClientFault {
        ClientFault(
            .badInput, "where_wrong_type",
            "the \(field.type.rawValue) field `\(field.name)` \(what), in `where` at character \(position)",
            field: "where", found: found, expected: expected)
    }
}

extension Condition.Literal {
    /// As it may have been written.
    fileprivate var source: String {
        switch value {
        case .text(let text): "'\(text)'"
        case .number(let text): text
        case .boolean(let value): String(value)
        }
    }
}

extension Condition.Comparison {
    /// Bits of the `ValueOrder`s for which it is true.
    var passing: UInt8 {
        switch self {
        case .less: 1
        case .equal: 2
        case .lessOrEqual: 3
        case .greater: 4
        case .notEqual: 5
        case .greaterOrEqual: 6
        }
    }
}

extension FieldType {
    /// Dates have a fixed width and booleans two spellings: both compare as texts.
    var conditionKind: ConditionProgram.Kind {
        switch self {
        case .string, .boolean, .date: .text
        case .integer, .decimal: .number
        case .datetime: .time
        }
    }
}
