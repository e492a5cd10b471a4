internal import AuditLog
internal import Consent
internal import Cryptography
internal import DataPlane
internal import HTTPTypes
internal import Model
internal import NIOCore
internal import PolicyEngine

/// An answer that was sent whole, kept for the next reader with the same rights who asks the same: while the
/// epoch is the same and the policies say the same, so is every byte of it but for its place in the log.
///
/// Each reader's answer is decided, logged and written by itself; what is kept is the work of assembling it.
/// All of them share the side file of the first one.
final class PreparedAnswer: Sendable {
    /// As much of a request as the answer depends on.
    struct Question: Sendable {
        /// What the token opens, and for whom (`AccessToken.rights`).
        let rights: [UInt8]
        let target: [UInt8]
        let accept: [UInt8]?
        let acceptEncoding: [UInt8]?

        var byteCount: Int {
            rights.count + target.count + (accept?.count ?? 0) + (acceptEncoding?.count ?? 0)
        }
    }

    /// Longer questions are seldom asked twice.
    private static let maximumQuestionBytes = 4096

    let question: Question
    let gate: AgreementGate
    let epoch: Int64
    let dataset: Slug
    /// When it may be used: as long as the policies say the same, and its side file is shared.
    private let span: Range<Instant>
    private let template: EntryTemplate
    /// Nil of a hub that makes no digests.
    private let bodyDigest: [UInt8]?
    /// Status line and fields, but for those that differ from answer to answer.
    private let head: [UInt8]
    /// The body as a chunk, and the trailers but for the receipt.
    private let body: [UInt8]
    let sent: Sent
    /// Of the body, as it goes over the wire.
    let codedBytes: Int
    let plan: ReadPlan.Summary
    private let arrangement: String

    /// - Parameters:
    ///   - head: of the answer as it was sent.
    ///   - trailers: those of the answer as it was sent.
    /// - Returns: nil for an answer that the next reader may not have: one that counts, that goes on from
    ///   another, whose condition nobody else need know, that lacks its side file or its cursor, or of which
    ///   the policies may say something else by now.
    init?(
        _ whole: WholeAnswer, _ logged: WholeAnswer.Logged, head: HTTPResponse, trailers: HTTPFields,
        to question: Question, at now: Instant
    ) {
        let (plan, begun) = (whole.read.plan, whole.read.begunAt)
        guard let gate = plan.gate, plan.view != nil, plan.source == nil, plan.condition == nil,
            plan.limit == nil, plan.continuation == nil, plan.reservation == nil, whole.part == nil,
            whole.read.order == .stored, head.status == .ok, let commitment = logged.commitment,
            !plan.givesCursor || logged.cursor != nil, question.byteCount <= Self.maximumQuestionBytes,
            let steady = DecisionProgram.steadySpan(of: gate.layers, at: begun),
            // The entry of the first one is not older.
            case let end = min(steady.upperBound, begun.adding(seconds: AccessEntries.sharingSeconds)),
            now < end,
            let template = whole.template(delivered: commitment)
        else { return nil }
        self.question = question
        self.gate = gate
        self.template = template
        epoch = plan.epoch
        dataset = plan.dataset
        span = now..<end
        arrangement = plan.version.arrangement
        sent = whole.account
        codedBytes = whole.bytes.count
        bodyDigest = sent.bodyDigest
        self.plan = plan.summary
        self.head = Self.bytes(of: head)
        body = Self.body(whole.bytes, trailers)
    }

    /// How much memory it takes, about.
    var byteCount: Int { head.count + body.count + template.byteCount + question.byteCount + 2048 }

    /// Whether it may leave at this time, as far as policies and filter go.
    func isOpen(at now: Instant) -> Bool {
        span.contains(now) && gate.isOpen(under: epoch, arrangedAs: arrangement, at: now)
    }

    /// The entry of one more read of it.
    ///
    /// - Parameters:
    ///   - actor: the member of that name, canonical JSON.
    ///   - random: 16 bytes for the entry, then those with which `AccessEntries` names and salts a read.
    func entry(of actor: [UInt8], at now: Instant, random: [UInt8]) -> (bytes: [UInt8], timeText: Range<Int>)
    {
        let salt = random[32...]
        let digest = bodyDigest.map { SHA256.hash(salt + $0) } ?? []
        return template.entry(
            EntryTemplate.Filling(
                actor: actor, at: now, nonce: Array(random[..<16]), stream: Array(random[16..<32]),
                digest: digest))
    }

    /// Writes the whole answer.
    ///
    /// - Parameters:
    ///   - index: of its entry.
    ///   - salt: with which the entry has the body's digest.
    ///   - date: as HTTP writes it.
    func write(
        entry index: UInt64, salt: ArraySlice<UInt8>, date: [UInt8], _ limits: RateLimitFields,
        to buffer: inout ByteBuffer
    ) {
        let digits = Array(String(index).utf8)
        buffer.writeBytes(head)
        buffer.writeBytes(Self.entryField)
        buffer.writeBytes(digits)
        buffer.writeBytes(Self.dateField)
        buffer.writeBytes(date)
        limits.write(to: &buffer)
        buffer.writeBytes(Self.headEnd)
        buffer.writeBytes(body)
        buffer.writeBytes(Self.receipt(digits, salt))
        buffer.writeBytes(Self.trailerEnd)
    }

    private static let entryField = Array("Sluis-Entry: ".utf8)
    private static let dateField = Array("\r\nDate: ".utf8)
    private static let headEnd = Array("\r\ntransfer-encoding: chunked\r\n\r\n".utf8)
    private static let trailerEnd = Array("\r\n\r\n".utf8)

    /// `Sluis-Receipt`: decision and completion are one entry.
    private static func receipt(_ index: [UInt8], _ salt: ArraySlice<UInt8>) -> [UInt8] {
        var text = Array("{\"completion\":".utf8)
        text += index
        text += ",\"decision\":".utf8
        text += index
        text += ",\"salt\":\"".utf8
        Base64.encodeURL(Array(salt).span, to: &text)
        text += "\"}".utf8
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.count * 4 / 3 + 4)
        Base64.encodeURL(text.span, to: &encoded)
        return encoded
    }

    private static func bytes(of head: HTTPResponse) -> [UInt8] {
        let differing: Set<HTTPField.Name> = [.sluisEntry, .date, .rateLimit, .rateLimitPolicy]
        var text = "HTTP/1.1 200 OK\r\n"
        for field in head.headerFields where !differing.contains(field.name) {
            text += "\(field.name.rawName): \(field.value)\r\n"
        }
        return Array(text.utf8)
    }

    private static func body(_ bytes: [UInt8], _ trailers: HTTPFields) -> [UInt8] {
        var body: [UInt8] = []
        if !bytes.isEmpty {
            body += Array(String(bytes.count, radix: 16).utf8) + Array("\r\n".utf8) + bytes
            body += "\r\n".utf8
        }
        body += "0\r\n".utf8
        for field in trailers where field.name != .sluisReceipt {
            body += "\(field.name.rawName): \(field.value)\r\n".utf8
        }
        return body + "Sluis-Receipt: ".utf8
    }
}
