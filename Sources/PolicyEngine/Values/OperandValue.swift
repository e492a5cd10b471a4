/// A value on either side of a constraint, out of its text.
enum OperandValue: Sendable {
    case iri(String)
    case text(String)
    case number(FixedDecimal)
    case boolean(Bool)
    case time(TimeSpan)
    case duration(CalendarDuration)
    /// Something that was given and cannot be made out for its operand: it equals nothing and differs from
    /// nothing for sure.
    case unclear(String)

    /// As people and policies write it; IRIs whole.
    var description: String {
        switch self {
        case .iri(let iri): iri
        case .text(let text): text
        case .number(let number): number.description
        case .boolean(let value): value ? "true" : "false"
        case .time(let time): time.description
        case .duration(let duration): duration.description
        case .unclear(let text): text
        }
    }

    /// For sentences: identifiers by their last part.
    var phrase: String { if case .iri(let iri) = self { IRI.localName(iri) } else { description } }
}

extension OperandValue: Hashable {
    /// Texts and IRIs are equal byte by byte: what Unicode holds equivalent can still name two things.
    static func == (a: OperandValue, b: OperandValue) -> Bool {
        switch (a, b) {
        case (.iri(let a), .iri(let b)), (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
        case (.number(let a), .number(let b)): a == b
        case (.boolean(let a), .boolean(let b)): a == b
        case (.time(let a), .time(let b)): a == b
        case (.duration(let a), .duration(let b)): a == b
        case (.unclear(let a), .unclear(let b)): a == b
        default: false
        }
    }

    func hash(into hasher: inout Hasher) {
        switch self {
        case .iri(let text), .text(let text), .unclear(let text): hasher.combine(text)
        case .number(let number): hasher.combine(number)
        case .boolean(let value): hasher.combine(value)
        case .time(let time): hasher.combine(time)
        case .duration(let duration): hasher.combine(duration)
        }
    }
}
