/// What can be said of an IRI (RFC 3987) without resolving it.
enum IRI {
    static let maximumBytes = 2048

    /// Whether `text` is absolute: a scheme, a colon, and no character that an IRI never holds.
    static func isAbsolute(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count <= maximumBytes, let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
            return false
        }
        return isScheme(bytes[..<colon]) && bytes.index(after: colon) < bytes.endIndex
            && bytes.allSatisfy(isPermitted)
    }

    /// Whether an identifier that no prefix explains can be meant as it stands.
    ///
    /// `data:flights` is a legal IRI, but where `data` should have been a prefix it names nothing, and a
    /// prohibition on nothing forbids nothing. So identifiers are taken only under the schemes in use.
    static func hasSchemeInUse(_ iri: String) -> Bool {
        guard let colon = iri.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let scheme = iri.utf8[..<colon]
        return schemes.contains { $0.elementsEqual(scheme) }
            || schemes.contains { $0.elementsEqual(scheme.map { $0 | 0x20 }) }
    }

    private static let schemes = ["http", "https", "urn", "did", "tag", "info", "mailto"].map(\.utf8)

    /// Neither a space, a control character nor one of `"<>\^`{|}`.
    private static func isPermitted(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x22, 0x3C, 0x3E, 0x5C, 0x5E, 0x60, 0x7B...0x7D, 0x7F: false
        default: true
        }
    }

    private static func isScheme(_ bytes: Substring.UTF8View) -> Bool {
        guard let first = bytes.first, isLetter(first) else { return false }
        return bytes.allSatisfy { isLetter($0) || (48...57).contains($0) || "+-.".utf8.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) }

    /// The part after the last `#` or `/`, for messages.
    static func localName(_ text: String) -> String {
        text.lastIndex { $0 == "#" || $0 == "/" }.map { String(text[text.index(after: $0)...]) } ?? text
    }
}
