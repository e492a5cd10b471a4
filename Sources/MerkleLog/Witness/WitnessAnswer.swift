/// An HTTP answer to an add-checkpoint request (C2SP tlog-witness), as a value.
public struct WitnessAnswer: Hashable, Sendable {
    /// The HTTP status.
    public let status: Int
    /// The value of `Content-Type`; empty if there is none.
    public let contentType: String
    public let body: [UInt8]

    public init(status: Int, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// Of a body that is a tree size.
    static let sizeType = "text/x.tlog.size"

    static func cosigned(_ lines: String) -> Self { text(200, lines) }

    /// The witness is at another size, or holds another root for this one.
    static func conflict(at size: UInt64) -> Self {
        Self(status: 409, contentType: sizeType, body: Array("\(size)\n".utf8))
    }

    static func refusal(_ status: Int, _ message: String) -> Self { text(status, message + "\n") }

    private static func text(_ status: Int, _ text: String) -> Self {
        Self(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }
}
