/// What a caller did wrong, said so that he can mend it. Nothing changed when one is thrown.
///
/// `message`, `field`, `found`, `expected` and `remedy` are for the caller: lower case, his input in
/// backticks, no type names of ours. Faults are equal by code and field, so tests need not repeat prose.
public struct ClientFault: Error, Sendable {
    /// The kind of fault, which decides the HTTP status and the exit status of the command line.
    public enum Kind: Int, Sendable {
        case badInput = 400
        case unauthenticated = 401
        case forbidden = 403
        case notFound = 404
        case methodNotAllowed = 405
        case notAcceptable = 406
        case conflict = 409
        case gone = 410
        case tooLarge = 413
        case unsupportedMediaType = 415
        case unprocessable = 422
    }

    public var kind: Kind
    /// Stable, lower case with underscores: the end of `urn:sluis:problem:CODE`.
    public var code: String
    public var message: String
    /// The member, option, header or column that is wrong.
    public var field: String?
    public var found: String?
    public var expected: String?
    public var remedy: String?

    public init(
        _ kind: Kind, _ code: String, _ message: String, field: String? = nil, found: String? = nil,
        expected: String? = nil, remedy: String? = nil
    ) {
        self.kind = kind
        self.code = code
        self.message = message
        self.field = field
        self.found = found.map(Self.shortened)
        self.expected = expected
        self.remedy = remedy
    }

    /// Input is quoted back, but never more of it than a person would read.
    private static func shortened(_ text: String) -> String {
        let scalars = text.unicodeScalars
        return scalars.count <= 120 ? text : String(String.UnicodeScalarView(scalars.prefix(117))) + "..."
    }
}

extension ClientFault: Hashable {
    public static func == (a: ClientFault, b: ClientFault) -> Bool { a.code == b.code && a.field == b.field }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(field)
    }
}

extension ClientFault: CustomStringConvertible {
    /// One line: the message, then what was found, what was expected and what to do.
    ///
    /// It quotes input and ends on terminals and in logs, so whatever could break the line or steer a
    /// terminal is written as `\u{..}`.
    public var description: String {
        var text = message
        if let field, !message.contains("`\(field)`") { text = "`\(field)`: " + text }
        if let found { text += "; found `\(found)`" }
        if let expected { text += "; expected \(expected)" }
        if let remedy { text += "; \(remedy)" }
        return text.unicodeScalars.map(Self.visible).joined()
    }

    private static func visible(_ scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            "\\u{" + String(scalar.value, radix: 16) + "}"
        default: String(scalar)
        }
    }
}

/// What the hub cannot do now but may do later: HTTP 503 with Retry-After. Nothing widened when one is
/// thrown.
public struct RetryableFault: Error, Hashable, Sendable, CustomStringConvertible {
    public var code: String
    /// For the caller.
    public var message: String
    /// For the operator's log, never sent.
    public var cause: String

    public init(_ code: String, _ message: String, cause: String = "") {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { message }
}
