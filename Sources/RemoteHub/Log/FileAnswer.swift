/// What a server says when it is asked for a file.
enum FileAnswer: Hashable, Sendable {
    case file([UInt8])
    /// Any status but 200.
    case status(Refusal)

    struct Refusal: Hashable, Sendable {
        let status: Int
        /// The `detail` of problem details (RFC 9457), if that is what came.
        let detail: String?
        /// RFC 9110 section 10.2.3, if it is given in seconds.
        let retryAfterSeconds: Int?

        /// Whether the same request may go well a moment later.
        var mayPass: Bool { status == 429 || (500...599).contains(status) }
    }
}

/// A body that is longer than the file can be.
struct OversizeBody: Error {}

/// A fetch that nobody needs any more.
struct FetchGivenUp: Error {}
