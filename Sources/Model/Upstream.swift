/// Where the rows of a connected dataset are: its provider answers a GET there with all of them.
public struct Upstream: Hashable, Sendable {
    public static let maximumBytes = 2048

    public var url: String
    public var format: FileFormat
    /// What the hub shows there (RFC 6750), known to provider and hub alone; nil for nothing.
    public var bearer: String?
    /// `SCHEME://HOST:PORT`, the port never left out.
    public let origin: String

    /// - Parameters:
    ///   - url: absolute, `https` or, of this machine, `http`; without user and fragment.
    ///   - bearer: as RFC 6750 section 2.1 writes it.
    /// - Throws: `ClientFault` that names `url` or `bearer`.
    public init(url: String, format: FileFormat, bearer: String? = nil) throws(ClientFault) {
        guard let origin = Self.origin(ofURL: url) else {
            throw ClientFault(
                .badInput, "bad_upstream_url", "this is no URL from which a hub can read", field: "url",
                found: url, expected: Self.expectedURL)
        }
        if let bearer, !Self.isBearer(bearer) {
            // It is a secret: the answer does not repeat it.
            throw ClientFault(
                .badInput, "bad_bearer", "the bearer token is not written as RFC 6750 says", field: "bearer",
                expected: "1 to 4096 letters, digits and -._~+/, with = at the end only")
        }
        (self.url, self.format, self.bearer, self.origin) = (url, format, bearer, origin)
    }

    private static let expectedURL = """
        an https URL of at most \(maximumBytes) bytes, without user and fragment; http of this machine alone
        """

    /// What the operator allows: one provider's datasets may be read at one origin. Another provider may not
    /// have the hub read there, which the server may know and trust.
    public struct Permission: Hashable, Sendable {
        public let provider: Slug
        public let origin: String

        public init(_ provider: Slug, _ upstream: Upstream) {
            (self.provider, origin) = (provider, upstream.origin)
        }

        /// `PROVIDER=ORIGIN`; nil if the text is none.
        public init?(_ text: String) {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let provider = Slug(parts[0]),
                parts[1].utf8.count(where: { $0 == UInt8(ascii: "/") }) == 2,
                let origin = Upstream.origin(ofURL: String(parts[1]))
            else { return nil }
            (self.provider, self.origin) = (provider, origin)
        }
    }

    /// RFC 3986, but for what nobody needs here: whoever reads the URL another way must find no other host.
    private static func origin(ofURL text: String) -> String? {
        guard text.utf8.count <= maximumBytes, text.utf8.allSatisfy(isOfURL),
            let mark = text.firstRange(of: "://")
        else { return nil }
        let scheme = text[..<mark.lowerBound]
        let rest = text[mark.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let (host, port) = hostAndPort(authority) else { return nil }
        switch scheme {
        case "https": return "https://\(host):\(port ?? 443)"
        case "http" where ["127.0.0.1", "[::1]", "localhost"].contains(host):
            return "http://\(host):\(port ?? 80)"
        default: return nil
        }
    }

    private static func hostAndPort(_ authority: Substring) -> (host: Substring, port: Int?)? {
        var host = authority
        var port: Int?
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            let digits = authority[authority.index(after: colon)...]
            guard digits.allSatisfy(\.isASCIIDigit), let number = Int(digits), (1...65_535).contains(number)
            else { return nil }
            (host, port) = (authority[..<colon], number)
        }
        let isName = !host.isEmpty && host.utf8.allSatisfy(isOfHost)
        let isAddress =
            host.hasPrefix("[") && host.hasSuffix("]")
            && host.dropFirst().dropLast().utf8.allSatisfy { isHex($0) || $0 == UInt8(ascii: ":") }
        return (isName || isAddress) && host.utf8.count <= 255 ? (host, port) : nil
    }

    private static func isOfURL(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || "-._~:/?[]@!$&'()*+,;=%".utf8.contains(byte)
    }

    /// In lower case: so it stands in the operator's list.
    private static func isOfHost(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) && !(65...90).contains(byte) || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "-")
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...102).contains(byte)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static func isBearer(_ text: String) -> Bool {
        let bytes = text.utf8
        let token = bytes.reversed().drop { $0 == UInt8(ascii: "=") }
        return (1...4096).contains(bytes.count) && !token.isEmpty
            && token.allSatisfy { isLetterOrDigit($0) || "-._~+/".utf8.contains($0) }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) && utf8.count == 1 }
}
