import Model

/// Where a log is said to be: an HTTPS address, either the log's prefix or the origin of a hub, which has its
/// log under `/log`.
struct LogAddress: Hashable, Sendable {
    /// Such as `https://hub.example:8443`.
    let origin: String
    /// Empty, or with a slash before it and none behind it.
    let path: String

    /// - Throws: `ClientFault` that names `--url`.
    init(_ text: String) throws {
        let scheme = "https://"
        guard text.prefix(scheme.count).lowercased() == scheme else {
            throw ClientFault(
                .badInput, "not_https", "a log is read over HTTPS only", field: "--url", found: text,
                expected: "https://HOST:PORT/log")
        }
        let rest = text.dropFirst(scheme.count)
        let host = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(host.count)
        while path.hasSuffix("/") { path = path.dropLast() }
        guard !host.isEmpty, Self.hasPossiblePort(host),
            rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"?#@\\\"".utf8.contains($0) })
        else {
            throw ClientFault(
                .badInput, "bad_url", "`--url` is not the address of a log", field: "--url", found: text,
                expected: "https://HOST:PORT/log, without user, query or fragment")
        }
        self.origin = scheme + host
        self.path = String(path)
    }

    /// Whether the port behind a host, if there is one, is a number that ports have: on others the HTTP
    /// client would stop the program.
    static func hasPossiblePort(_ host: some StringProtocol) -> Bool {
        guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { return true }
        return Int(host[host.index(after: colon)...]).map { (1...65_535).contains($0) } ?? false
    }

    /// The prefixes that the log may have, at another origin if one is given, in the order to try them.
    func prefixes(at other: String? = nil) -> [String] {
        let given = (other ?? origin) + path
        return path.hasSuffix("/log") ? [given] : [given, given + "/log"]
    }
}
