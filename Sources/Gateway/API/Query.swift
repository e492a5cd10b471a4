internal import Model

/// The query of a request target, each name at most once and none that the route does not know.
struct Query: Sendable {
    private var values: [String: String] = [:]

    /// - Parameters:
    ///   - text: what stands behind the `?`, percent-encoded; nil if there is none.
    ///   - allowed: the names that the route knows; nil where it passes over those that it does not.
    init(_ text: Substring?, allowed: [String]?) throws(ClientFault) {
        guard let text, !text.isEmpty else { return }
        for pair in text.split(separator: "&", omittingEmptySubsequences: true) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(parts[0], plusIsSpace: true),
                let value = PercentEncoding.decode(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
            else {
                throw ClientFault(
                    .badInput, "bad_query", "the query is not percent-encoded UTF-8",
                    found: String(pair.prefix(200)))
            }
            if let allowed, !allowed.contains(name) {
                throw ClientFault(
                    .badInput, "parameter_unknown", "the query has a parameter that this route has not",
                    field: String(name.prefix(40)), found: name,
                    expected: allowed.isEmpty ? "no parameter" : allowed.joined(separator: ", "))
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw ClientFault(
                    .badInput, "parameter_twice", "`\(name)` is given twice", field: name,
                    remedy: "give it once")
            }
        }
    }

    subscript(name: String) -> String? { values[name] }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(ClientFault) -> Int? {
        guard let text = values[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw ClientFault(
                .badInput, "wrong_value", "`\(name)` is not a number it can be", field: name, found: text,
                expected: "\(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A list of names separated by commas.
    func list(_ name: String) -> [String]? {
        values[name].map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }
}

/// RFC 3986 section 2.1.
enum PercentEncoding {
    /// Nil for a broken escape, and for bytes that are not UTF-8 or not stream-safe (UAX #15).
    static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        var output: [UInt8] = []
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let decoded = Hex.decode(String(decoding: bytes.prefix(2), as: UTF8.self)),
                    decoded.count == 1
                else { return nil }
                output.append(decoded[0])
                bytes = bytes.dropFirst(2)
            case UInt8(ascii: "+") where plusIsSpace: output.append(UInt8(ascii: " "))
            default: output.append(byte)
            }
        }
        // Text is compared with names: what would make that slow is not text that anybody means.
        return String(validating: output, as: UTF8.self).flatMap { $0.isStreamSafe ? $0 : nil }
    }
}
