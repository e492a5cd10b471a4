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
        detail: String? = nil
    ) {
        self.line = line
        self.column = column
        self.field = field
        self.value = Self.shortened(value)
        self.reason = reason
        message = detail ?? reason.message
        remedy = reason.remedy
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

extension BadLine.Reason {
    /// Whether everything after such a fault may be misread: with a quote too many or too few, what looks
    /// like cells may be the inside of a text, and the owner column another column.
    var losesStructure: Bool {
        switch self {
        case .strayQuote, .textAfterQuote, .unterminatedQuote: true
        default: false
        }
    }

    fileprivate var message: String {
        switch self {
        case .raggedRow: "the row has another number of cells than the header"
        case .strayQuote: "a quote stands inside a cell that does not begin with one"
        case .textAfterQuote: "text follows the closing quote of a cell"
        case .unterminatedQuote: "a quoted cell is not closed before the end of the file"
        case .nulByte: "a cell holds a NUL byte"
        case .invalidUTF8: "a cell is not valid UTF-8"
        case .carriageReturn: "a carriage return stands alone, outside quotes"
        case .rowTooLong: "the row is longer than 65,536 bytes"
        case .requiredNull: "the field is required but the cell has no value"
        case .wrongType: "the value is not of the field's type"
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .raggedRow: "give every row one cell per header column; quote cells that hold a comma"
        case .strayQuote: "quote the whole cell and double each quote in it"
        case .textAfterQuote: "double each quote inside a quoted cell"
        case .unterminatedQuote: "close the cell with a quote; double each quote in it"
        case .nulByte: "remove the NUL bytes; a file in UTF-16 must be converted to UTF-8"
        case .invalidUTF8: "convert the file to UTF-8"
        case .carriageReturn: "end lines with LF or CRLF; quote cells that hold a line end"
        case .rowTooLong: "shorten the row, or put long texts in a dataset of their own"
        case .requiredNull: "fill the cell, or make the field not required"
        case .wrongType: "correct the value, list its text as a null value, or make the field a string"
        }
    }
}
