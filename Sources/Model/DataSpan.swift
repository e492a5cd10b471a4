/// Which rows of a dataset with a time column an agreement covers, or a link: those of this time.
public struct DataSpan: Hashable, Sendable {
    /// The first moment; nil for all that came before `to`.
    public var from: Instant?
    /// The moment behind the last; nil for all from `from` on.
    public var to: Instant?

    /// Nil without either: rows of any time.
    public init?(from: Instant?, to: Instant?) {
        guard from != nil || to != nil else { return nil }
        self.from = from
        self.to = to
    }

    /// Whether some moment lies in both.
    public func overlaps(_ other: DataSpan) -> Bool {
        let first = max(from?.milliseconds ?? .min, other.from?.milliseconds ?? .min)
        return first < min(to?.milliseconds ?? .max, other.to?.milliseconds ?? .max)
    }

    /// Whether no moment lies in two of them.
    public static func areApart(_ spans: [DataSpan]) -> Bool {
        let sorted = spans.sorted { ($0.from?.milliseconds ?? .min) < ($1.from?.milliseconds ?? .min) }
        return zip(sorted, sorted.dropFirst()).allSatisfy { !$0.overlaps($1) }
    }

    /// As `POST /api/v1/requests` takes it.
    public var json: JSON { ["from": JSON(from), "to": JSON(to)] }

    /// The members of a line of a side file: only the ends that there are.
    public var members: [String: JSON] {
        var members: [String: JSON] = [:]
        if let from { members["from"] = .string(from.description) }
        if let to { members["to"] = .string(to.description) }
        return members
    }

    /// What `members` wrote into a line; nil if it has neither.
    /// - Throws: `ClientFault` for an end that is no time.
    public static func of(line: [String: JSON]) throws(ClientFault) -> DataSpan? {
        func end(_ name: String) throws(ClientFault) -> Instant? {
            guard let value = line[name] else { return nil }
            guard let time = value.string.flatMap({ Instant($0) }) else {
                throw ClientFault(
                    .badInput, "wrong_value", "`\(name)` is no time", field: name, found: value.canonicalText,
                    expected: "a time as RFC 3339 writes it")
            }
            return time
        }
        return DataSpan(from: try end("from"), to: try end("to"))
    }
}
