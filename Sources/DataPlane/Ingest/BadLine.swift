public import Model

/// A row that could not be taken, said so that the publisher can find and mend it.
public struct BadLine: Hashable, Sendable {
    /// Stable codes, the `reason` of the publish answer.
    public enum Reason: String, CaseIterable, Sendable {
        case raggedRow = "ragged_row"
        case strayQuote = "stray_quote"
        case textAfterQuote = "text_after_quote"
        case unterminatedQuote = "unterminated_quote"
        case nulByte = "nul_byte"
        case invalidUTF8 = "invalid_utf8"
        case carriageReturn = "carriage_return"
        case rowTooLong = "row_too_long"
        case requiredNull = "required_null"
        case wrongType = "wrong_type"
        // Of NDJSON only.
        case notAnObject = "not_an_object"
        case invalidJSON = "invalid_json"
        case incompleteObject = "incomplete_object"
        case textAfterObject = "text_after_object"
        case openString = "open_string"
        case invalidNumber = "invalid_number"
        case invalidEscape = "invalid_escape"
        case loneSurrogate = "lone_surrogate"
        case controlCharacter = "control_character"
        case nestedValue = "nested_value"
        case duplicateMember = "duplicate_member"
        case unknownMember = "unknown_member"
    }

    /// Physical line of the file, from 1.
    public var line: Int
    /// From 1, in bytes of that line.
    public var column: Int
    /// The name of the field, where the fault lies in one.
    public var field: String?
    /// The text of the cell, at most 120 characters of it, control characters replaced.
    public var value: String
    public var reason: Reason
    public var message: String
    public var remedy: String

    /// What the publish answer lists under `bad_lines`.
    public var json: JSON {
        .object([
            "line": .integer(Int64(line)), "column": .integer(Int64(column)), "field": JSON(field),
            "value": .string(value), "reason": .string(reason.rawValue), "message": .string(message),
            "remedy": .string(remedy),
        ])
    }
}

extension BadLine {
    init(
        _ reason: Reason, line: Int, column: Int, field: String? = nil, value: ArraySlice<UInt8>,
        detail: String? = nil, remedy: String? = nil
    ) {
        self.line = line
        self.column = column
        self.field = field
        self.value = Self.shortened(value)
        self.reason = reason
        message = detail ?? reason.message
        self.remedy = remedy ?? reason.remedy
    }

    /// A report never repeats more of someone's data than a person needs to find the cell, nor bytes that
    /// would steer a terminal.
    private static func shortened(_ bytes: ArraySlice<UInt8>) -> String {
        let scalars = String(decoding: bytes.prefix(600), as: UTF8.self).unicodeScalars
        var text = ""
        for scalar in scalars.prefix(scalars.count > 120 ? 117 : 120) {
            let isControl = scalar.properties.generalCategory == .control
            text.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
        }
        return scalars.count > 120 ? text + "..." : text
    }
}
