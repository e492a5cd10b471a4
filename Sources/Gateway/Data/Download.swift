internal import AuditLog
internal import Consent
internal import Cryptography
internal import DataPlane
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Model
internal import NIOCore
internal import NIOHTTPTypes

/// One running download.
///
/// Blocks are assembled and written on the connection's event loop, each inside the ticket's border: a block
/// goes to the socket in the same breath in which it was assembled, or not at all. While the socket takes no
/// more, nothing is held.
final class Download: Sendable {
    private let plan: ReadPlan
    private let entries: AccessEntries
    private let decision: UInt64
    private let exchange: Exchange
    private let channel: any Channel
    private let logger: Logger
    private let stream: RowStream
    private let ticket: StreamTicket?
    /// Owners who are erased from now on are not in the side file.
    private let begunAt: Instant

    /// - Parameter ticket: of the stream, begun before the decision was logged; ended by this. Nil for an
    ///   open dataset.
    init(
        plan: ReadPlan, ticket: StreamTicket?, format: OutputFormat, entries: AccessEntries,
        decision: UInt64, exchange: Exchange, channel: any Channel, logger: Logger
    ) throws {
        self.plan = plan
        self.entries = entries
        self.decision = decision
        self.exchange = exchange
        self.channel = channel
        self.logger = logger
        stream = try RowStream(
            version: plan.version, filter: plan.gate == nil ? .open : .owners, fields: plan.positions,
            format: format)
        self.ticket = ticket
        begunAt = exchange.now
    }

    deinit { ticket?.end() }

    /// The body of the answer: all blocks, the completion entry, the trailers.
    var body: ResponseBody {
        ResponseBody { writer in
            let end = try await self.run()
            self.ticket?.end()
            let completion = await self.complete(end)
            try await writer.finish(self.trailers(end, completion: completion))
        }
    }

    /// Sends all blocks.
    ///
    /// A hub that stops and will wait no longer cancels the task: then the stream is cut.
    private func run() async throws -> RunEnd {
        let loop = channel.eventLoop
        let promise = loop.makePromise(of: RunEnd.self)
        loop.execute {
            do {
                let connection = try self.channel.pipeline.syncOperations.handler(
                    type: ConnectionHandler.self)
                Run(self, connection, promise).start()
            } catch {
                // The connection is gone: nothing was sent, and the log says so.
                promise.succeed(.unsent)
            }
        }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Writes the side file and the completion entry.
    ///
    /// - Returns: the index of the entry; nil if the log cannot be written. What was sent is sent: the
    ///   decision entry is there, and its stream shows as without an end.
    private func complete(_ end: RunEnd) async -> UInt64? {
        var commitment: [UInt8]?
        do {
            commitment = try commit(end)
        } catch {
            // To whom the rows belonged will show as unknown; that they were sent must not.
            logger.error("a side file could not be written", metadata: ["error": "\(error)"])
        }
        let outcome = AccessEntries.Outcome(
            status: end.status, rows: end.rows, bytes: end.bytes, bodyDigest: end.bodyDigest,
            epochs: end.epochs, delivered: commitment)
        do {
            return try await exchange.append(entries.completed(outcome, withheld: plan.withheld))
        } catch {
            logger.error("a completion could not be logged", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func trailers(_ end: RunEnd, completion: UInt64?) -> HTTPFields {
        var fields: HTTPFields = [:]
        fields[.reprDigest] = "sha-256=:\(Base64.encode(end.bodyDigest)):"
        fields[.sluisStatus] = end.status.rawValue
        if let completion {
            let receipt: JSON = [
                "decision": .integer(Int64(decision)), "completion": .integer(Int64(completion)),
                "salt": .string(Base64.encodeURL(entries.salt)),
            ]
            fields[.sluisReceipt] = Base64.encodeURL(receipt.canonical)
        }
        return fields
    }

    /// Writes the stream's side file: whose rows went, and under which epochs if those do not fit the entry.
    private func commit(_ end: RunEnd) throws -> [UInt8]? {
        guard plan.gate != nil else { return nil }
        let file = entries.sideFile(
            delivered: end.delivered.map { run in
                (
                    plan.version.ownerKey(of: run.ordinal), run.rows,
                    zip(plan.positions, plan.fields).filter { run.fields.contains($0.0) }.map(\.1)
                )
            }, epochs: end.epochs, random: SecureRandom.bytes)
        try exchange.parts.log.write(
            exchange.forgetting(file, dataset: plan.dataset, since: begunAt), stream: entries.stream)
        return file.commitment
    }

    /// How the sending ended, and what was sent.
    fileprivate struct RunEnd: Sendable {
        var status: AccessEntries.Status
        var rows: Int
        var bytes: Int
        var bodyDigest: [UInt8]
        var epochs: [(epoch: Int64, firstByte: Int)]
        var delivered: [DeliveredRun]

        static let unsent = RunEnd(
            status: .cut, rows: 0, bytes: 0, bodyDigest: SHA256.hash([]), epochs: [], delivered: [])
    }

    /// The part of a download that lives on the event loop.
    private final class Run {
        /// How many blocks go out before other connections of this loop get their turn.
        private static let blocksPerTurn = 8

        private let download: Download
        private let connection: ConnectionHandler
        private let promise: EventLoopPromise<RunEnd>
        private var pump: RowPump
        private var isDone = false
        private var isTurning = false

        init(
            _ download: Download, _ connection: ConnectionHandler,
            _ promise: EventLoopPromise<RunEnd>
        ) {
            self.download = download
            self.connection = connection
            self.promise = promise
            pump = RowPump(download.stream)
        }

        func start() {
            connection.follow(onWritable: { self.turn() }, onClose: { self.finish(.cut) })
            turn()
        }

        /// A write may tell of its own end before it returns: a turn inside a turn does nothing.
        private func turn() {
            guard !isDone, !isTurning else { return }
            isTurning = true
            defer { isTurning = false }
            guard download.channel.isActive else { return finish(.cut) }
            for _ in 0..<Self.blocksPerTurn {
                guard !isDone, download.channel.isWritable else { return }
                do {
                    if let status = try step() { return finish(status) }
                } catch {
                    download.logger.error("a download was cut", metadata: ["error": "\(error)"])
                    return finish(.cut)
                }
            }
            let bound = NIOLoopBound(self, eventLoop: download.channel.eventLoop)
            download.channel.eventLoop.execute { bound.value.turn() }
        }

        /// Sends one piece.
        ///
        /// - Returns: how the download ended, nil if it goes on.
        private func step() throws -> AccessEntries.Status? {
            guard let ticket = download.ticket else { return try send(nil) }
            return try ticket.atBorder(at: download.exchange.now) { view in
                guard let view else { return .cut }
                return try send(view)
            }
        }

        private func send(_ view: AgreementGate.View?) throws -> AccessEntries.Status? {
            guard let piece = try pump.next(view) else { return .complete }
            // The filter may have changed while the block was assembled: then it is dropped, and the next
            // turn assembles it anew.
            if let view, download.ticket?.isCurrent(view) == false { return nil }
            pump.account(piece)
            if !piece.bytes.isEmpty {
                let buffer = download.channel.allocator.buffer(bytes: piece.bytes)
                download.channel.writeAndFlush(HTTPResponsePart.body(buffer), promise: nil)
            }
            return nil
        }

        private func finish(_ status: AccessEntries.Status) {
            guard !isDone else { return }
            isDone = true
            connection.unfollow()
            promise.succeed(
                RunEnd(
                    status: status, rows: pump.rows, bytes: pump.bytes, bodyDigest: pump.finalDigest(),
                    epochs: pump.epochs, delivered: pump.delivered))
        }
    }
}
