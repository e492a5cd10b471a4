internal import HTTPTypes
internal import NIOCore

/// What an answer says of the limits that hold for its reader: `RateLimit-Policy` and `RateLimit`
/// (draft-ietf-httpapi-ratelimit-headers, lists of RFC 9651).
struct RateLimitFields: Hashable, Sendable {
    struct Item: Hashable, Sendable {
        let name: String
        /// In a minute.
        let quota: Int
        let left: Int
        let secondsUntilFull: Int64
    }

    private let items: [Item]

    init(_ items: [Item]) { self.items = items }

    func add(to fields: inout HTTPFields) {
        guard !items.isEmpty else { return }
        fields[.rateLimitPolicy] = policy
        fields[.rateLimit] = left
    }

    /// Writes the same behind a field of a head of HTTP/1, whose end is still to come.
    func write(to head: inout ByteBuffer) {
        guard !items.isEmpty else { return }
        head.writeString("\r\n\(HTTPField.Name.rateLimitPolicy): \(policy)")
        head.writeString("\r\n\(HTTPField.Name.rateLimit): \(left)")
    }

    private var policy: String {
        items.map { "\"\($0.name)\";q=\($0.quota);w=60" }.joined(separator: ", ")
    }

    private var left: String {
        items.map { "\"\($0.name)\";r=\($0.left);t=\($0.secondsUntilFull)" }.joined(separator: ", ")
    }
}
