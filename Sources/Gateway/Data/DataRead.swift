internal import AuditLog
internal import Consent
internal import Cryptography
internal import DataPlane
internal import HTTPTypes
internal import Logging
internal import Model
internal import NIOCore

/// A permitted read on its way: what was planned, and where it goes.
///
/// From before anything is assembled until everything is written it is among the streams for which those who
/// narrow wait.
final class DataRead: Sendable {
    let plan: ReadPlan
    let format: OutputFormat
    let coding: ContentCoding
    let order: RowOrder
    /// Whether what is sent is hashed.
    let makesDigest: Bool
    let entries: AccessEntries
    /// Nil for anyone, who reads an open dataset.
    let reader: Reader?
    /// Its place among what its reader may use.
    let admission: UsageBook.Admission
    let metrics: HubMetrics
    let exchange: Exchange
    let channel: any Channel
    let logger: Logger
    let rows: ReadRows
    /// Nil for an open dataset.
    let ticket: StreamTicket?
    /// Owners who are erased from now on are not in the side file.
    let begunAt: Instant

    /// - Parameter begunAt: before the plan was made.
    /// - Returns: nil if a new version has come since, or nothing flows any more: it must be planned anew.
    /// - Throws: `ClientFault` for a condition that compares a field with a value of another type.
    init?(
        _ plan: ReadPlan, as format: OutputFormat, _ coding: ContentCoding, _ order: RowOrder,
        makesDigest: Bool, _ entries: AccessEntries, by reader: Reader?, _ admission: UsageBook.Admission,
        _ metrics: HubMetrics,
        of exchange: Exchange,
        to channel: any Channel,
        begunAt: Instant,
        _ logger: Logger
    ) throws {
        self.plan = plan
        self.format = format
        self.coding = coding
        self.order = order
        self.makesDigest = makesDigest
        self.entries = entries
        self.reader = reader
        self.admission = admission
        self.metrics = metrics
        self.exchange = exchange
        self.channel = channel
        self.logger = logger
        rows = try ReadRows(of: plan, as: format, order, of: exchange)
        self.begunAt = begunAt
        guard let gate = plan.gate else {
            ticket = nil
            return
        }
        let begun = StreamTicket(gate: gate, versionNumber: plan.version.number, pass: reader?.pass)
        guard let begun else { return nil }
        ticket = begun
    }

    deinit { end() }

    /// Retractions are no rows that a part could be counted by; and where reads are limited, one range after
    /// the other would tell what a whole answer does.
    var takesRanges: Bool { plan.continuation == nil && plan.reservation == nil }

    /// Whether the filter is still the one with which it was decided.
    var isCurrent: Bool {
        guard let ticket, let view = plan.view else { return true }
        return ticket.isCurrent(view)
    }

    /// Whether nothing flows any more of what was planned.
    var isOver: Bool { ticket?.isOver(at: exchange.now) ?? false }

    /// Tells those who watch the hub what left.
    func count(_ sent: Sent) {
        metrics.sent(rows: sent.rows, bytes: sent.bytes, withheldRows: plan.withheld?.rows ?? 0)
    }

    /// Nothing more is sent.
    func end() { ticket?.end() }

    /// Writes the side file: whose rows went, and under which epochs if those do not fit the entry.
    ///
    /// - Returns: the commitment to it; nil for an open dataset, and if the file cannot be written.
    func keep(_ sent: Sent) async -> [UInt8]? {
        guard plan.gate != nil else { return nil }
        do {
            return try await Offload.run { try self.sideFile(sent) }
        } catch {
            // To whom the rows belonged will show as unknown; that they were sent must not.
            logger.error("a side file could not be written", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func sideFile(_ sent: Sent) throws -> [UInt8] {
        // Of many owners the fields are mostly the same.
        var last = (set: FieldSet(), names: [String]())
        let file = entries.sideFile(
            delivered: sent.delivered.runs.map { run in
                if run.fields != last.set {
                    let names = zip(plan.positions, plan.fields).filter { run.fields.contains($0.0) }
                    last = (run.fields, names.map(\.1))
                }
                return Delivery(
                    ownerKey: plan.version.ownerKey(of: run.ordinal), rows: run.rows, fields: last.names,
                    period: run.period)
            }, epochs: sent.epochs, random: SecureRandom.bytes)
        try exchange.parts.log.write(
            exchange.forgetting(file, dataset: plan.dataset, since: begunAt), stream: entries.stream)
        return file.commitment
    }

    /// What a reader comes back with; nil if he cannot, or what it counts on could not be stored.
    func cursor(after sent: Sent) async -> String? {
        guard sent.status == .complete, !sent.isPart else { return nil }
        do {
            return try await Offload.run { try self.exchange.cursor(after: self.plan, rows: sent.rows) }
        } catch {
            logger.error("a cursor could not be given", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// - Parameters:
    ///   - completion: the index of the entry; nil if it could not be logged.
    ///   - cursor: what the reader comes back with.
    func trailers(_ sent: Sent, decision: UInt64, completion: UInt64?, cursor: String?) -> HTTPFields {
        var fields: HTTPFields = [:]
        // RFC 9530: of the content of this message, or of all that the entity tag stands for.
        fields[sent.isPart ? .contentDigest : .reprDigest] =
            sent.contentDigest.map { "sha-256=:\(Base64.encode($0)):" }
        fields[.sluisStatus] = sent.status.rawValue
        fields[.sluisFault] = sent.trouble?.code
        if let cursor { fields[.sluisCursor] = cursor }
        if let completion {
            let receipt: JSON = [
                "decision": .integer(Int64(decision)), "completion": .integer(Int64(completion)),
                "salt": .string(Base64.encodeURL(entries.salt)),
            ]
            fields[.sluisReceipt] = Base64.encodeURL(receipt.canonical)
        }
        return fields
    }
}
