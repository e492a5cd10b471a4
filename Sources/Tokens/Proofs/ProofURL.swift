import Model

/// The URL of a request as proofs name it: `https`, without query and fragment, in one spelling for all that
/// mean the same (RFC 9449 section 4.3, RFC 3986 sections 6.2.2 and 6.2.3).
///
/// Strict where URLs may be read in two ways: user information, dot segments, characters beyond RFC 3986 and
/// hosts in percent-encoding are refused.
struct ProofURL: Hashable, Sendable, CustomStringConvertible {
    let description: String

    /// Nil if the text is no such URL.
    init?(_ text: String) {
        let scheme = Array("https://".utf8)
        // What comes after counts for nothing, so it is not looked at.
        let bytes = text.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard bytes.prefix(scheme.count).map(Self.lowercased) == scheme else { return nil }
        let rest = bytes.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") }
        guard let place = Self.authority(Array(authority)),
            let path = Self.path(Array(rest.dropFirst(authority.count)))
        else { return nil }
        description = String(decoding: scheme + place + path, as: UTF8.self)
    }

    /// Host in lower case, and the port unless it is that of `https`.
    private static func authority(_ bytes: [UInt8]) -> [UInt8]? {
        let host: [UInt8]
        if bytes.first == UInt8(ascii: "["), let end = bytes.firstIndex(of: UInt8(ascii: "]")) {
            host = Array(bytes[...end])
            guard host.count > 2, host[1..<end].allSatisfy(isOfIPv6) else { return nil }
        } else {
            host = Array(bytes.prefix { $0 != UInt8(ascii: ":") })
            guard !host.isEmpty, host.allSatisfy(isOfName) else { return nil }
        }
        guard let port = port(bytes.dropFirst(host.count)) else { return nil }
        return host.map(lowercased) + (port == "443" || port.isEmpty ? [] : [UInt8(ascii: ":")] + port.utf8)
    }

    /// A colon and at most five digits; empty where there is none, as in a colon without digits (RFC 3986
    /// section 6.2.3).
    private static func port(_ bytes: ArraySlice<UInt8>) -> String? {
        guard let colon = bytes.first else { return "" }
        let digits = bytes.dropFirst()
        guard colon == UInt8(ascii: ":"), digits.count <= 5, digits.first != UInt8(ascii: "0"),
            digits.allSatisfy(isDigit)
        else { return nil }
        let port = String(decoding: digits, as: UTF8.self)
        return port.isEmpty || UInt16(port) != nil ? port : nil
    }

    private static func path(_ bytes: [UInt8]) -> [UInt8]? {
        var path: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%") {
                guard index + 2 < bytes.count,
                    let byte = Hex.decode(String(decoding: bytes[index + 1...index + 2], as: UTF8.self))?
                        .first
                else { return nil }
                path += isUnreserved(byte) ? [byte] : encoded(byte)
                index += 3
            } else {
                guard isOfPath(bytes[index]) else { return nil }
                path.append(bytes[index])
                index += 1
            }
        }
        // Whether the server takes them out before it looks for the resource is for no proof to depend on.
        let dots: [[UInt8]] = [Array(".".utf8), Array("..".utf8)]
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard !segments.contains(where: { dots.contains(Array($0)) }) else { return nil }
        return path.isEmpty ? [UInt8(ascii: "/")] : path
    }

    private static func encoded(_ byte: UInt8) -> [UInt8] {
        Array("%\(Hex.encode([byte]).uppercased())".utf8)
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private static func isOfName(_ byte: UInt8) -> Bool { isUnreserved(byte) && byte != UInt8(ascii: "~") }

    private static func isOfIPv6(_ byte: UInt8) -> Bool {
        isDigit(byte) || (97...102).contains(lowercased(byte)) || ":.".utf8.contains(byte)
    }

    /// RFC 3986 section 2.3.
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        isDigit(byte) || (97...122).contains(lowercased(byte)) || "-._~".utf8.contains(byte)
    }

    /// `pchar` of RFC 3986 section 3.3 but percent-encoding, and the slash.
    private static func isOfPath(_ byte: UInt8) -> Bool {
        isUnreserved(byte) || "!$&'()*+,;=:@/".utf8.contains(byte)
    }
}
