internal import DataPlane
internal import HTTPTypes
internal import Model

/// What a request says of its answer besides which data it asks for: whether a body is to follow, in which
/// coding, under which conditions, and which part of it.
struct AnswerTerms: Sendable {
    /// Why no data follow.
    enum Verdict: Hashable, Sendable {
        /// The request was a HEAD.
        case headOnly
        case notModified
        case preconditionFailed
    }

    let coding: ContentCoding
    private let isHead: Bool
    private let ifMatch: String?
    private let ifNoneMatch: String?
    private let ifRange: String?
    private let range: ByteRange?

    /// - Throws: `ClientFault` if none of the codings is acceptable.
    init(_ request: HTTPRequest) throws(ClientFault) {
        let fields = request.headerFields
        coding = try ContentCoding(acceptEncoding: fields[.acceptEncoding])
        isHead = request.method == .head
        ifMatch = fields[.ifMatch]
        ifNoneMatch = fields[.ifNoneMatch]
        ifRange = fields[.ifRange]
        range = fields[.range].flatMap { ByteRange($0) }
    }

    /// Asks the conditions in the order of RFC 9110 section 13.2.2. Those about times never hold back
    /// anything: an answer has no time of its last change.
    ///
    /// - Returns: nil if data follow.
    func verdict(on tag: EntityTag) -> Verdict? {
        if let ifMatch, !tag.isNamed(in: ifMatch, weakly: false) { return .preconditionFailed }
        if let ifNoneMatch, tag.isNamed(in: ifNoneMatch, weakly: true) { return .notModified }
        return isHead ? .headOnly : nil
    }

    /// The part that is to be sent; nil for all.
    ///
    /// Parts are of what is not coded: of a coded answer, which is made as it is sent, there are none. And
    /// without the tag of what the client has nobody could say that the part belongs to it.
    func range(of tag: EntityTag) -> ByteRange? {
        guard !isHead, coding == .identity, ifRange == tag.text else { return nil }
        return range
    }
}
