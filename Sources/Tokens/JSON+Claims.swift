import Model

extension JSON {
    /// A NumericDate (RFC 7519 section 2) in whole seconds since 1970, up to the year 9999.
    var wholeSeconds: Instant? {
        guard let integer, (0...253_402_300_799).contains(integer) else { return nil }
        return Instant(milliseconds: integer * 1000)
    }

    /// A `jti` (RFC 7519 section 4.1.7) of 1 to 256 bytes: what is remembered or logged of it is bounded.
    var tokenID: String? {
        guard let string, (1...256).contains(string.utf8.count) else { return nil }
        return string
    }

    /// Whether this is the string `text` to the byte: Swift holds texts for equal that Unicode does, and a
    /// few characters beyond ASCII are equal to one within.
    func isText(_ text: String) -> Bool { string?.utf8.elementsEqual(text.utf8) == true }
}
