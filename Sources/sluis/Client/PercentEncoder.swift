/// RFC 3986 section 2.1, for paths, queries and forms.
enum PercentEncoder {
    /// Everything escaped but the unreserved characters (RFC 3986 section 2.3).
    static func encode(_ text: String) -> String {
        var output = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                output.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                output += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return output
    }

    /// `name=value` joined by `&`.
    static func pairs(_ pairs: KeyValuePairs<String, String>) -> String {
        pairs.map { "\(encode($0.key))=\(encode($0.value))" }.joined(separator: "&")
    }
}
