/// What is wrong with the bytes of an upstream: the read ends there, and nothing behind is released.
///
/// It never repeats a value, which may be of somebody who granted nothing.
public struct UpstreamFault: Error, Hashable, Sendable {
    /// Stable, lower case with underscores: a `BadLine.Reason`, or of the header `malformed_header`,
    /// `missing_column`, `duplicate_column`, `too_many_columns`, `no_header`.
    public var code: String
    /// Physical line of the upstream, from 1.
    public var line: Int
    /// From 1, in bytes of that line.
    public var column: Int
    /// The field in which it lies, or which is missing.
    public var field: String?
    public var message: String
    /// What the provider can do.
    public var remedy: String

    init(
        _ code: String, line: Int, column: Int = 1, field: String? = nil, _ message: String, remedy: String
    ) {
        self.code = code
        self.line = line
        self.column = column
        self.field = field
        self.message = message
        self.remedy = remedy
    }

    init(_ line: BadLine) {
        self.init(
            line.reason.rawValue, line: line.line, column: line.column,
            field: line.field.flatMap { $0.isEmpty ? nil : $0 }, line.message, remedy: line.remedy)
    }
}

extension UpstreamFault: CustomStringConvertible {
    public var description: String { "\(code) at line \(line), column \(column): \(message)" }
}
