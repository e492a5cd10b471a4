internal import AuditLog
internal import Consent
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Model
internal import NIOCore

extension Gateway {
    /// Entries of the log for other programs, as a stream of any length.
    ///
    /// What cannot be read any more in the middle of it ends the connection: the caller sees that the answer
    /// is not whole.
    func exportLog(_ call: Call) async throws -> Response {
        let query = try call.query(Query.ofEntries + ["format", "proofs"])
        let formats = Exchange.ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")
        let format = try query.parsed("format", expected: formats) { Exchange.ExportFormat(rawValue: $0) }
        let withProofs = try query.parsed("proofs", expected: "true or false") { Bool($0) }
        let export = try await exchange.export(
            try query.entries, of: try query.owner, as: format ?? .jsonl, withProofs: withProofs ?? false,
            by: try call.requiredCaller)
        var fields: HTTPFields = [:]
        fields[.contentType] = (format ?? .jsonl).contentType
        fields[.cacheControl] = "no-store"
        fields[.sluisIndexedTo] = String(export.indexedTo)
        if let viewed = export.viewed { fields[.sluisEntry] = String(viewed) }
        let logger = parts.logger
        return Response(
            status: .ok, headers: fields,
            body: ResponseBody { writer in
                do {
                    var entries = export.begin()
                    while let piece = try entries.next() { try await writer.write(ByteBuffer(bytes: piece)) }
                } catch {
                    logger.error("an export was cut", metadata: ["error": "\(error)"])
                    throw error
                }
                try await writer.finish(nil)
            })
    }
}

extension Exchange.ExportFormat {
    fileprivate var contentType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8; header=present"
        case .jsonl, .ocsf: "application/x-ndjson"
        }
    }
}
