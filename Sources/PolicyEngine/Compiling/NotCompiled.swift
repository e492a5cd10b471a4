/// Why a constraint has no test. It never leaves the compiler.
struct NotCompiled: Error {
    var code: String
    var message: String
    /// What it is about, as written.
    var subject: String?

    init(_ code: String, _ message: String, _ subject: String? = nil) {
        (self.code, self.message, self.subject) = (code, message, subject)
    }

    static func dataType(_ value: Constraint.Value) -> NotCompiled {
        NotCompiled(
            "data_type_unknown", "data type `\(brief(value.dataType ?? ""))` is not understood here",
            value.dataType)
    }

    static func value(_ value: Constraint.Value, _ what: String) -> NotCompiled {
        NotCompiled("right_operand_unknown", "`\(brief(value.text))` is not \(what)", value.text)
    }
}
