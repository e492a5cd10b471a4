import Model

/// What a file says about a value besides its text: CSV nothing, JSON whether it is a string, a number or a
/// boolean.
enum ValueKind: UInt8, Sendable {
    case untyped, string, number, boolean

    /// Whether values of the type are written this way.
    @inline(__always)
    func suits(_ type: FieldType) -> Bool {
        switch self {
        case .untyped: true
        case .string: type == .string || type == .date || type == .datetime
        case .number: type == .integer || type == .decimal
        case .boolean: type == .boolean
        }
    }

    /// What is wrong with a value of this kind in a field of the type, and what to do.
    func misfit(_ type: FieldType) -> (detail: String, remedy: String?) {
        let expectation = "the value is not \(type.expectation)"
        switch self {
        case .untyped: return (expectation, nil)
        case .string where !suits(type):
            return (
                "the value is a JSON string; the field's values are \(type.jsonName)s",
                "write the value without quotes, or make the field a string"
            )
        case .number, .boolean:
            guard suits(type) else {
                return (
                    "the value is a JSON \(self); the field's values are \(type.jsonName)s",
                    type.jsonName == "string" ? "put the value in quotes" : "correct the value, or write null"
                )
            }
        default: break
        }
        return (expectation, "correct the value, write null for no value, or make the field a string")
    }
}

extension FieldType {
    fileprivate var jsonName: String {
        switch self {
        case .string, .date, .datetime: "string"
        case .integer, .decimal: "number"
        case .boolean: "boolean"
        }
    }
}
