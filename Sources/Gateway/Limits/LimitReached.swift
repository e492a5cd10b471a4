internal import HTTPTypes

/// A request that goes beyond a limit: 429 with `Retry-After` (RFC 6585 section 4).
struct LimitReached: Error {
    enum Limit: String, Sendable {
        case requests, bytes, streams
    }

    let limit: Limit
    /// Of what there is in a minute, or at once.
    let quota: Int
    /// Seconds.
    let retryAfter: Int64
    let fields: RateLimitFields

    init(_ limit: Limit, _ quota: Int, retryAfter: Int64, _ fields: RateLimitFields) {
        self.limit = limit
        self.quota = quota
        self.retryAfter = retryAfter
        self.fields = fields
    }

    var problem: Problem {
        let (message, expected) =
            switch limit {
            case .requests: ("there were too many requests", "at most \(quota) a minute")
            case .bytes: ("too much was read", "at most \(quota) bytes a minute")
            case .streams: ("too many reads run at once", "at most \(quota)")
            }
        var problem = Problem(.tooManyRequests, "too_many_\(limit.rawValue)", message)
        problem.expected = expected
        problem.remedy = "wait \(retryAfter) seconds"
        problem.fields[.retryAfter] = String(retryAfter)
        fields.add(to: &problem.fields)
        return problem
    }
}
