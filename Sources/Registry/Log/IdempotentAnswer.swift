/// The answer that a request with an `Idempotency-Key` got, to be given again to the same request.
public struct IdempotentAnswer: Hashable, Sendable {
    /// Answers are kept for one day.
    static let keptSeconds: Int64 = 86_400

    /// SHA-256 of the request, by which a key that is used for another request is found out.
    public var requestDigest: [UInt8]
    /// The HTTP status.
    public var status: Int
    public var headers: [String: String]
    public var body: String

    public init(requestDigest: [UInt8], status: Int, headers: [String: String], body: String) {
        self.requestDigest = requestDigest
        self.status = status
        self.headers = headers
        self.body = body
    }
}
