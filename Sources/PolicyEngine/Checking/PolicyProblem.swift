public import Model

/// Something in a policy's text that is wrong, or probably not meant.
public struct PolicyProblem: Hashable, Sendable {
    public enum Severity: String, Sendable { case error, warning }

    /// Both from 1; the column counts UTF-8 bytes.
    public var line: Int, column: Int
    public var severity: Severity
    /// Stable, such as `operator_unknown`.
    public var code: String
    /// Lower case, with what was found, what is expected and what to do.
    public var message: String

    /// `{"line","column","severity","code","message"}`.
    public var json: JSON {
        [
            "line": .integer(Int64(line)), "column": .integer(Int64(column)),
            "severity": .string(severity.rawValue), "code": .string(code), "message": .string(message),
        ]
    }
}
