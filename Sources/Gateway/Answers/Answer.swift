internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOCore

/// An answer that is whole before it is sent.
struct Answer: Sendable {
    var status: HTTPResponse.Status = .ok
    var fields: HTTPFields = [:]
    var body: [UInt8] = []

    /// - Parameter entry: the index of the entry of a state change; nil while the log cannot be written.
    static func json(
        _ body: JSON, status: HTTPResponse.Status = .ok, entry: UInt64? = nil, location: String? = nil
    ) -> Answer {
        var answer = Answer(status: status, body: body.canonical)
        answer.fields[.contentType] = "application/json"
        if let entry { answer.fields[.sluisEntry] = String(entry) }
        if let location { answer.fields[.location] = location }
        return answer
    }

    static func text(_ body: [UInt8], type: String) -> Answer {
        var answer = Answer(body: body)
        answer.fields[.contentType] = type
        return answer
    }

    var response: Response {
        var fields = fields
        fields[.contentLength] = String(body.count)
        return Response(
            status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension HTTPField.Name {
    static let sluisEntry = known("Sluis-Entry")
    static let sluisEpoch = known("Sluis-Epoch")
    static let sluisWithheld = known("Sluis-Withheld")
    static let sluisIndexedTo = known("Sluis-Indexed-To")
    static let sluisStatus = known("Sluis-Status")
    static let sluisFault = known("Sluis-Fault")
    static let sluisCursor = known("Sluis-Cursor")
    static let sluisRetracted = known("Sluis-Retracted")
    static let sluisReceipt = known("Sluis-Receipt")
    static let uploadOffset = known("Upload-Offset")
    static let uploadComplete = known("Upload-Complete")
    static let reprDigest = known("Repr-Digest")
    static let contentDigest = known("Content-Digest")
    static let trailer = known("Trailer")
    static let retryAfter = known("Retry-After")
    static let idempotencyKey = known("Idempotency-Key")
    static let rateLimit = known("RateLimit")
    static let rateLimitPolicy = known("RateLimit-Policy")
    static let dpop = known("DPoP")
    static let dpopNonce = known("DPoP-Nonce")

    private static func known(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is a token") }
        return name
    }
}

extension HTTPFields {
    /// Whatever a browser makes of an answer, it runs nothing of it: data are strangers' (WHATWG Fetch,
    /// `nosniff`; Content Security Policy 3).
    mutating func forbidGuessing() {
        self[.xContentTypeOptions] = "nosniff"
        self[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
    }
}
