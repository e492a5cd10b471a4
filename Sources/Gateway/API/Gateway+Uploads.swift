internal import AuditLog
internal import Consent
internal import Cryptography
internal import DataPlane
internal import HTTPTypes
internal import HummingbirdCore
internal import Model
internal import NIOCore

/// Files of rows on their way in: in one request, or in several that go on with each other, as in the IETF's
/// draft on resumable uploads (draft-ietf-httpbis-resumable-upload), but that the upload is made by a request
/// of its own, which says what for.
extension Gateway {
    private static let pieceBytes = 256 << 10

    /// `PUT`, or with `POST` the same for rows that come to those that are there.
    func takeData(_ call: Call, _ mode: Exchange.UploadMode) async throws -> Answer {
        let (format, coding) = (try call.fileFormat(), try call.contentCoding())
        let policy = try Self.badLinePolicy(try call.query("bad_lines"))
        let caller = try call.requiredCaller
        let upload = try await exchange.beginUpload(
            try call.slug("id"), mode, badLines: policy, format: format, coding: coding, by: caller)
        do {
            if let whole = call.collected {
                try await upload.receive(whole)
            } else {
                try await receive(call) { try await upload.receive($0) }
            }
            let recorded = try await exchange.publish(upload, by: caller)
            return .json(
                recorded.value.json(of: upload.dataset.id, entry: recorded.entry), entry: recorded.entry)
        } catch {
            await upload.abort()
            throw Self.withBadLines(error)
        }
    }

    /// Hands the body over in pieces that are worth the way to another thread: unpacking and checking may
    /// take long, and nobody else's request waits for it. Of a body that breaks off all that came is handed
    /// over.
    private func receive(_ call: Call, _ take: ([UInt8]) async throws -> Void) async throws {
        try await call.letBodyCome()
        var piece: [UInt8] = []
        var buffers = call.request.body.makeAsyncIterator()
        while true {
            let buffer: ByteBuffer?
            do { buffer = try await buffers.next() } catch {
                try await take(piece)
                throw ClientFault(.badInput, "body_broke_off", "the body of the request broke off")
            }
            guard let buffer else { break }
            piece += buffer.readableBytesView
            call.digest?.update(Array(buffer.readableBytesView))
            guard piece.count >= Self.pieceBytes else { continue }
            try await take(piece)
            piece.removeAll()
        }
        try await take(piece)
    }

    private static func badLinePolicy(_ query: Query) throws(ClientFault) -> IngestShape.BadLinePolicy {
        guard let policy = IngestShape.BadLinePolicy(rawValue: query["bad_lines"] ?? "refuse") else {
            throw ClientFault(
                .badInput, "wrong_value", "`bad_lines` is not a policy", field: "bad_lines",
                found: query["bad_lines"], expected: "refuse or quarantine")
        }
        return policy
    }

    private static func withBadLines(_ error: any Error) -> any Error {
        guard let fault = error as? BadLinesFault else { return error }
        var problem = Problem(fault.fault)
        problem.members["bad_lines"] = .array(fault.badLines.map(\.json))
        problem.members["bad_line_count"] = .integer(Int64(fault.badLineCount))
        return ProblemError(problem: problem)
    }

    // MARK: In several requests

    func upload(_ call: Call) async throws -> Answer {
        switch call.endpoint {
        case .startUpload: try await startUpload(call)
        case .listUploads: try await listUploads(call)
        case .continueUpload: try await continueUpload(call)
        case .endUpload: try await endUpload(call)
        default: try await showUpload(call)
        }
    }

    /// `POST /api/v1/datasets/{id}/uploads`: begins one. The types of the file are those of this request.
    private func startUpload(_ call: Call) async throws -> Answer {
        let (format, coding) = (try call.fileFormat(), try call.contentCoding())
        let query = try call.query("mode", "bad_lines")
        let policy = try Self.badLinePolicy(query)
        guard let mode = Exchange.UploadMode(rawValue: query["mode"] ?? "replaces") else {
            throw ClientFault(
                .badInput, "wrong_value", "`mode` does not say what becomes of the rows that are there",
                field: "mode", found: query["mode"], expected: "replaces or adds")
        }
        let pending = try await exchange.startUpload(
            try call.slug("id"), mode, badLines: policy, format: format, coding: coding,
            by: try call.requiredCaller)
        var answer = await describe(pending)
        answer.status = .created
        answer.fields[.location] = "/api/v1/uploads/\(pending.id)"
        return answer
    }

    private func listUploads(_ call: Call) async throws -> Answer {
        let pending = try exchange.pendingUploads(of: try call.slug("id"), by: try call.requiredCaller)
        var items: [JSON] = []
        // Nobody who sends is stopped by a look at the list.
        for upload in pending { items.append(upload.json(upload.glance)) }
        return .json(["items": .array(items), "next": .null])
    }

    private func showUpload(_ call: Call) async throws -> Answer {
        await describe(try pendingUpload(call))
    }

    /// `PATCH`: goes on from `Upload-Offset`; with `Upload-Complete: ?1` the file ends with this body.
    private func continueUpload(_ call: Call) async throws -> Answer {
        let pending = try pendingUpload(call)
        guard let offset = call.request.headers[.uploadOffset].flatMap({ Int($0) }), offset >= 0 else {
            throw Self.header(.uploadOffset, call, expected: "the number of bytes that were taken")
        }
        // RFC 9651 section 3.3.6.
        guard let isLast = ["?0": false, "?1": true][call.request.headers[.uploadComplete] ?? ""] else {
            throw Self.header(.uploadComplete, call, expected: "?1 if the file ends with this body, else ?0")
        }
        let turn = try await pending.begin(from: offset, at: exchange.now)
        defer { pending.leave() }
        do {
            try await receive(call) { [exchange] piece in
                try await pending.receive(piece, turn: turn, at: exchange.now)
            }
        } catch let fault as ClientFault where Self.goesOn.contains(fault.code) {
            throw fault
        } catch {
            await exchange.end(pending)
            throw error
        }
        guard isLast else { return await describe(pending) }
        // While the log is busy the upload waits: a request without a byte publishes it later.
        try exchange.parts.log.requireWritable()
        try await exchange.requireFields(of: pending, turn: turn)
        do {
            let recorded = try await exchange.publish(pending, turn: turn, by: try call.requiredCaller)
            var answer = Answer.json(
                recorded.value.json(of: pending.dataset, entry: recorded.entry), entry: recorded.entry)
            answer.fields[.uploadComplete] = "?1"
            return answer
        } catch let fault as ClientFault where Self.goesOn.contains(fault.code) {
            throw fault
        } catch {
            await exchange.end(pending)
            throw Self.withBadLines(error)
        }
    }

    /// Faults behind which an upload can be gone on with.
    private static let goesOn = ["body_broke_off", "upload_taken_over", "upload_over"]

    private func endUpload(_ call: Call) async throws -> Answer {
        await exchange.end(try pendingUpload(call))
        return Answer(status: .noContent)
    }

    private func pendingUpload(_ call: Call) throws -> PendingUpload {
        try exchange.pendingUpload(try call.identifier("upload"), by: try call.requiredCaller)
    }

    private func describe(_ pending: PendingUpload) async -> Answer {
        let progress = await pending.progress(at: exchange.now)
        var answer = Answer.json(pending.json(progress))
        answer.fields[.uploadOffset] = String(progress.offset)
        answer.fields[.uploadComplete] = progress.outcome == nil ? "?0" : "?1"
        answer.fields[.cacheControl] = "no-store"
        return answer
    }

    private static func header(_ name: HTTPField.Name, _ call: Call, expected: String) -> ClientFault {
        ClientFault(
            .badInput, "bad_upload_header", "the request does not say how it goes on with the upload",
            field: name.canonicalName, found: call.request.headers[name], expected: expected)
    }
}

extension PendingUpload {
    fileprivate func json(_ progress: Progress) -> JSON {
        [
            "upload": .string(id.description), "dataset": .string(dataset.text),
            "mode": .string(mode.rawValue), "bad_lines": .string(badLines.rawValue),
            "format": .string(format.rawValue), "coding": .string(coding.rawValue),
            "offset": .integer(Int64(progress.offset)),
            "sha256": .string(Base64.encodeURL(progress.digest)),
            "published": progress.outcome.map { $0.value.json(of: dataset, entry: $0.entry) } ?? .null,
        ]
    }
}

extension IngestReport {
    func json(of dataset: Slug, entry: UInt64?) -> JSON {
        [
            "dataset": .string(dataset.text), "version": .integer(Int64(version)),
            "fields": .array(fields.map(\.json)), "rows": .integer(Int64(rows)),
            "owners": .integer(Int64(owners)),
            "ownerless_rows": .integer(Int64(ownerlessRows)), "bad_lines": .array(badLines.map(\.json)),
            "bad_line_count": .integer(Int64(badLineCount)),
            "entry": entry.map { .integer(Int64($0)) } ?? .null,
        ]
    }
}
