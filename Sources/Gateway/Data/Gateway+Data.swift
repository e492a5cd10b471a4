internal import Consent
internal import Cryptography
internal import DataPlane
internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOCore

extension Gateway {
    /// `GET` and `HEAD /data/{dataset}`: token, decision, entry, rows; in that order, and no byte before its
    /// entry.
    func readData(_ call: Call) async throws -> Response {
        let dataset = try call.slug("dataset")
        let query = try call.query("fields", "where", "limit", "order", "since")
        let format = try OutputFormat(accept: call.request.headers[.accept])
        let fields = query.list("fields")
        let condition = try query["where"].map { text throws(ClientFault) in try Condition(text) }
        let limit = try query.integer("limit", in: 0...1 << 53)
        let order = try RowOrder(query: query["order"])
        let terms = try AnswerTerms(call.request.head)
        guard let header = call.request.headers[.authorization] else {
            guard query["since"] == nil else { throw Exchange.sinceNeedsOwners }
            let admission = try usage.admit(UsageKey(client: .address(of: call), dataset: dataset))
            return try await answer(terms, call) {
                let plan = try exchange.readOpen(dataset, fields: fields, where: condition, limit: limit)
                guard let plan else { throw Challenge.missing.problem(of: self, call) }
                return try read(
                    plan, as: format, terms.coding, order, by: nil, admission, since: exchange.now, call)
            }
        }
        let reader = try reader(header, call)
        guard reader.claim.dataset == dataset else {
            throw Challenge(
                reader.nonce == nil ? .bearer : .dpop, "insufficient_scope",
                "the token is for another dataset", code: "token_other_dataset", status: .forbidden
            ).problem(of: self, call)
        }
        let admission = try usage.admit(
            UsageKey(client: .organisation(reader.pass.client), dataset: dataset))
        return try await answer(terms, call) {
            let begun = exchange.now
            try requireStanding(reader, call)
            let reading = try exchange.read(
                reader.claim, fields: fields, where: condition, limit: limit, since: query["since"])
            switch reading {
            case .permitted(let plan):
                return try read(
                    plan, as: format, terms.coding, order, by: reader, admission, since: begun, call)
            case .denied(let decision, let fields):
                throw try await denied(decision, reader, fields, condition, limit)
            }
        }
    }

    /// - Parameter reader: nil for anyone, who reads an open dataset.
    /// - Returns: nil if what it was planned with has changed: it must be planned anew.
    private func read(
        _ plan: ReadPlan, as format: OutputFormat, _ coding: ContentCoding, _ order: RowOrder,
        by reader: Reader?, _ admission: UsageBook.Admission, since begun: Instant, _ call: Call
    ) throws -> DataRead? {
        let read = try DataRead(
            plan, as: format, coding, order, makesDigest: parts.makesDigests,
            AccessEntries(
                plan, by: reader?.actor ?? .anyone, for: reader?.consumer, purpose: reader?.claim.purpose,
                random: SecureRandom.bytes(48)), by: reader, admission, metrics, of: exchange,
            to: call.context.channel, begunAt: begun, parts.logger)
        // Whatever ended before the stream was known to its gate did not end the stream.
        if let reader { try requireStanding(reader, call) }
        return read
    }

    /// Answers whole what is small, and in a stream what is not; or without data, if the request asks for
    /// none, or under conditions that do not hold.
    ///
    /// - Parameter decide: decides and plans; nil to be asked again.
    private func answer(
        _ terms: AnswerTerms, _ call: Call, _ decide: () async throws -> DataRead?
    ) async throws -> Response {
        var mayBeWhole = true
        // Each time that the filter changes while nothing but its state is told, it is decided anew.
        var retellings = 3
        while true {
            try Task.checkCancellation()
            guard let read = try await decide() else { continue }
            let tag = entityTag(read)
            if let verdict = terms.verdict(on: tag) {
                let told = try await tell(verdict, of: read)
                if try mayTell(read, call, isLast: retellings <= 0) { return told }
                retellings -= 1
                read.plan.reservation?.giveBack()
                continue
            }
            if read.order == .original { try await exchange.prepareOriginalOrder(of: read.plan.version) }
            let range = read.takesRanges ? terms.range(of: tag) : nil
            do {
                if let source = read.plan.source { return try await stream(read, from: source) }
                guard mayBeWhole, let whole = try WholeAnswer(read, range) else {
                    if let response = try await stream(read, range) { return response }
                    read.plan.reservation?.giveBack()
                    continue
                }
                if let response = try await send(whole, call) { return response }
            } catch let fault as UnsatisfiableRange {
                let refused = try await refuse(fault, of: read)
                if try mayTell(read, call, isLast: retellings <= 0) { return refused }
                retellings -= 1
                read.plan.reservation?.giveBack()
                continue
            }
            // A stream meets every change of the filter at its next block: it is not decided a third time.
            mayBeWhole = false
        }
    }

    /// Whether an answer that tells of the data and holds none may leave: it was logged meanwhile, and what
    /// let its reader in may have ended.
    ///
    /// - Parameter isLast: whether it is told though the filter has changed again.
    private func mayTell(_ read: DataRead, _ call: Call, isLast: Bool) throws -> Bool {
        if let reader = read.reader { try requireStanding(reader, call) }
        return read.isCurrent || isLast && !read.isOver
    }

    /// - Returns: nil if the filter changed before the answer could leave: it must be decided anew.
    private func send(_ whole: WholeAnswer, _ call: Call) async throws -> Response? {
        let logged = try await whole.log()
        var head = head(of: whole.read, whole.part, logged.index)
        head.headerFields[.date] = exchange.now.httpDate
        switch try await whole.send(logged, under: head) {
        case .sent:
            prepare(whole, logged, under: head, for: call)
            // The connection has it already, and drops this one.
            return Response(status: .ok)
        case .overtaken:
            await whole.takeBack(logged)
            return nil
        case .closed:
            await whole.takeBack(logged)
            // Nobody gets it.
            return Response(status: .serviceUnavailable)
        }
    }

    private func denied(
        _ decision: Decision, _ reader: Reader, _ fields: [String], _ condition: Condition?, _ limit: Int?
    ) async throws -> ProblemError {
        let claim = reader.claim
        let entries = AccessEntries(
            denied: decision, dataset: claim.dataset, gate: exchange.gates.gate(of: claim.agreement),
            fields: fields, where: condition, limit: limit, by: reader.actor, for: reader.consumer,
            purpose: claim.purpose, random: SecureRandom.bytes(48))
        let entry = try await exchange.append(entries.decided)
        var problem = Problem(
            .forbidden, decision.reasons.first?.code ?? "denied",
            decision.reasons.map(\.message).joined(separator: "; "))
        problem.members["reasons"] = .array(decision.reasons.map(\.json))
        problem.fields[.sluisEntry] = String(entry)
        return ProblemError(problem: problem)
    }

    /// - Returns: nil if the filter changed while the range was looked for: it must be decided anew.
    private func stream(_ read: DataRead, _ range: ByteRange?) async throws -> Response? {
        var found: PartSearch.Found?
        if let range {
            found = try await PartSearch(read: read).find(range)
            if found == nil { return nil }
        }
        let entry = try await exchange.append(read.entries.decided)
        let head = head(of: read, found?.part, entry)
        return Response(
            status: head.status, headers: head.headerFields,
            body: Download(read, part: found, decision: entry).body)
    }

    /// - Parameter part: what of the answer follows; nil for all.
    func head(of read: DataRead, _ part: BodyPart?, _ entry: UInt64) -> HTTPResponse {
        let plan = read.plan
        var fields: HTTPFields = [:]
        fields[.contentType] = read.format.contentType
        let isHosted = plan.source == nil
        if read.coding == .identity {
            fields[.acceptRanges] = isHosted && read.takesRanges ? "bytes" : "none"
        } else {
            fields[.contentEncoding] = read.coding.rawValue
        }
        fields[.contentRange] = part?.contentRange
        fields[.vary] = "Accept, Accept-Encoding"
        fields[.sluisEntry] = String(entry)
        if plan.gate != nil { fields[.sluisEpoch] = String(plan.epoch) }
        fields[.dpopNonce] = read.reader?.nonce
        read.admission.fields.add(to: &fields)
        if let withheld = plan.withheld {
            fields[.sluisWithheld] = "rows=\(withheld.rows), owners=\(withheld.owners)"
        }
        if isHosted { fields[.eTag] = entityTag(read).text }
        fields[.cacheControl] = "no-store"
        fields.forbidGuessing()
        if let delta = plan.continuation?.delta {
            fields[.sluisRetracted] = "owners=\(delta.retracted.count)"
        }
        let digest: HTTPField.Name = part == nil ? .reprDigest : .contentDigest
        let others = "Sluis-Status, Sluis-\(isHosted ? "Cursor" : "Fault"), Sluis-Receipt"
        fields[.trailer] = read.makesDigest ? "\(digest.rawName), \(others)" : others
        return HTTPResponse(status: part == nil ? .ok : .partialContent, headerFields: fields)
    }

    /// Names the representation without telling anything of it: while it is the same, so is every byte.
    private func entityTag(_ read: DataRead) -> EntityTag {
        let plan = read.plan
        // What an upstream sends may be another thing each time: no tag is that of two answers.
        guard plan.source == nil else { return EntityTag(opaque: Base64.encodeURL(SecureRandom.bytes(16))) }
        let parts = [
            plan.dataset.text, String(plan.version.number), plan.version.arrangement,
            plan.gate?.agreement.id.description ?? "", String(plan.epoch),
            plan.fields.joined(separator: "\u{1F}"), read.format.rawValue, read.coding.rawValue,
            read.order.rawValue, plan.limit.map(String.init) ?? "", plan.condition?.text ?? "",
            plan.continuation?.text ?? "",
        ]
        let tag = HMACSHA256.authenticate(Array(parts.joined(separator: "\u{1E}").utf8), key: tagKey)
        return EntityTag(opaque: Base64.encodeURL(tag[..<16]))
    }
}

extension RowOrder {
    fileprivate init(query text: String?) throws(ClientFault) {
        switch text {
        case nil: self = .stored
        case "original": self = .original
        default:
            throw ClientFault(
                .badInput, "wrong_value", "`order` names no order of rows", field: "order", found: text,
                expected: "original", remedy: "leave it out for the fastest order")
        }
    }
}

extension Reason {
    var json: JSON {
        [
            "code": .string(code), "layer": .string(layer), "source": JSON(source),
            "message": .string(message),
        ]
    }
}

extension UsageKey.Client {
    /// Whoever reads without a token.
    fileprivate static func address(of call: Call) -> UsageKey.Client {
        .address(call.context.channel.remoteAddress?.ipAddress ?? "")
    }
}
