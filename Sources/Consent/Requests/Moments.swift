internal import Model
internal import PolicyEngine

/// Times and durations as callers give them.
enum Moments {
    static func checkFuture(_ time: Instant?, field: String, at now: Instant) throws(ClientFault) {
        guard let time, time <= now else { return }
        throw ClientFault(
            .badInput, "time_past", "the time lies in the past", field: field, found: time.description,
            expected: "a time after \(now)")
    }

    /// What a retention is said in.
    static func checkDuration(_ text: String?, field: String) throws(ClientFault) {
        guard let text, RetentionPeriod(text) == nil else { return }
        throw ClientFault(
            .badInput, "bad_duration", "not a duration", field: field, found: text,
            expected: "an ISO 8601 duration such as P90D")
    }
}
