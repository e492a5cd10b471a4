extension BadLine.Reason {
    /// Whether everything after such a fault may be misread: with a quote too many or too few, what looks
    /// like cells or lines may be the inside of a text, and the owner column another column.
    var losesStructure: Bool {
        switch self {
        case .strayQuote, .textAfterQuote, .unterminatedQuote, .openString: true
        default: false
        }
    }

    var message: String { explanation.message }
    var remedy: String { explanation.remedy }

    private var explanation: (message: String, remedy: String) {
        switch self {
        case .raggedRow:
            (
                "the row has another number of cells than the header",
                "give every row one cell per header column; quote cells that hold a comma"
            )
        case .strayQuote:
            (
                "a quote stands inside a cell that does not begin with one",
                "quote the whole cell and double each quote in it"
            )
        case .textAfterQuote:
            ("text follows the closing quote of a cell", "double each quote inside a quoted cell")
        case .unterminatedQuote:
            (
                "a quoted cell is not closed before the end of the file",
                "close the cell with a quote; double each quote in it"
            )
        case .nulByte:
            (
                "a cell holds a NUL byte",
                "remove the NUL bytes; a file in UTF-16 must be converted to UTF-8"
            )
        case .invalidUTF8: ("a cell is not valid UTF-8", "convert the file to UTF-8")
        case .carriageReturn:
            (
                "a carriage return stands alone, outside quotes",
                "end lines with LF or CRLF; quote cells that hold a line end"
            )
        case .rowTooLong:
            (
                "the row is longer than 65,536 bytes",
                "shorten the row, or put long texts in a dataset of their own"
            )
        case .requiredNull:
            (
                "the field is required but the cell has no value",
                "fill the cell, or make the field not required"
            )
        case .wrongType:
            (
                "the value is not of the field's type",
                "correct the value, list its text as a null value, or make the field a string"
            )
        default: objectExplanation
        }
    }

    /// Of NDJSON.
    private var objectExplanation: (message: String, remedy: String) {
        switch self {
        case .notAnObject:
            ("the line is not a JSON object", "write one object a line: {\"name\": value, ...}")
        case .incompleteObject:
            (
                "the line ends before the object does",
                "write each object on one line, and check that the file is whole"
            )
        case .textAfterObject: ("text follows the object", "write one object a line")
        case .openString:
            (
                "the line ends inside a string",
                "close the string; write a line end in a text as \\n and a quote as \\\""
            )
        case .invalidNumber:
            (
                "the number is not written as JSON writes numbers",
                "leave out `+`, leading zeros and units, or put the value in quotes"
            )
        case .invalidEscape:
            (
                "a string holds an escape that JSON does not know",
                "write a backslash as \\\\; the escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX"
            )
        case .loneSurrogate:
            (
                "a string holds half of a character: one surrogate without the other",
                "write the character in UTF-8, or as both of its \\uXXXX escapes"
            )
        case .controlCharacter:
            (
                "a string holds a control character as it is",
                "write it as an escape, such as \\t for a tab"
            )
        case .nestedValue:
            (
                "the value is an array or an object, and a field holds one value",
                "give each inner value a member of its own, or write the whole as a string"
            )
        case .duplicateMember: ("the object has two members of this name", "leave one of them out")
        case .unknownMember:
            ("the object has a member that is no field", "leave it out, or add the field to the schema")
        default: ("the line is not valid JSON", "correct the line; names and texts stand in double quotes")
        }
    }
}
