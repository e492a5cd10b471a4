import Model
import Testing

@testable import Gateway

struct DateTests {
    /// The first is RFC 9110's own example (section 5.6.7).
    @Test(arguments: [
        ("1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("2024-02-29T23:59:59.999Z", "Thu, 29 Feb 2024 23:59:59 GMT"),
        ("2026-12-31T12:00:00Z", "Thu, 31 Dec 2026 12:00:00 GMT"),
    ])
    func writes(time: String, date: String) throws {
        #expect(try #require(Instant(time)).httpDate == date)
    }
}
