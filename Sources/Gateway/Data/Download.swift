internal import AuditLog
internal import Consent
internal import DataPlane
internal import Hummingbird
internal import Logging
internal import Model
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// One running read.
///
/// Blocks are assembled and written on the connection's event loop, each inside the ticket's border: a block
/// goes to the socket in the same breath in which it was assembled, or not at all. While the socket takes no
/// more, nothing is held.
final class Download: Sendable {
    private let read: DataRead
    /// Nil for all.
    private let part: PartSearch.Found?
    /// Of a connected dataset.
    private let inflow: Inflow?
    private let decision: UInt64
    private let hasBegun = Mutex(false)

    /// - Parameters:
    ///   - part: what of it is to be sent; nil for all.
    ///   - inflow: what has come of an upstream, and will; nil for a hosted dataset.
    ///   - decision: the index of its entry.
    init(_ read: DataRead, part: PartSearch.Found? = nil, from inflow: Inflow? = nil, decision: UInt64) {
        self.read = read
        self.part = part
        self.inflow = inflow
        self.decision = decision
    }

    /// A client that is gone before the head could be written gets no body: nothing was sent, and the log
    /// says so.
    deinit {
        guard !hasBegun.withLock({ $0 }) else { return }
        read.end()
        Task { [read] in
            let nothing = read.entries.completed(.nothing(.cut), withheld: read.plan.withheld)
            _ = try? await read.exchange.appendOutcome(nothing)
        }
    }

    /// The body of the answer: all blocks, the completion entry, the trailers.
    var body: ResponseBody {
        ResponseBody { writer in
            self.hasBegun.withLock { $0 = true }
            self.read.plan.reservation?.spend()
            self.read.metrics.streamBegan()
            defer { self.read.metrics.streamEnded() }
            let sent = try await self.run()
            self.read.count(sent)
            self.read.end()
            if sent.bytes == 0, sent.status == .cut { self.read.plan.reservation?.giveBack() }
            let completion = await self.complete(sent)
            let cursor = await self.read.cursor(after: sent)
            try await writer.finish(
                self.read.trailers(
                    sent, decision: self.decision, completion: completion, cursor: cursor))
        }
    }

    /// Sends all blocks.
    ///
    /// A hub that stops and will wait no longer cancels the task: then the stream is cut.
    private func run() async throws -> Sent {
        let channel = read.channel
        let promise = channel.eventLoop.makePromise(of: Sent.self)
        channel.eventLoop.execute {
            do {
                let connection = try channel.pipeline.syncOperations.handler(
                    type: ConnectionHandler.self)
                try Run(self.read, self.part, self.inflow, connection, promise).start()
            } catch {
                // The connection is gone, or there is no memory: nothing was sent, and the log says so.
                promise.succeed(.nothing)
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
    private func complete(_ sent: Sent) async -> UInt64? {
        await read.exchange.sideFiles.carrying { await record(sent) }
    }

    private func record(_ sent: Sent) async -> UInt64? {
        let commitment = await read.keep(sent)
        let outcome = sent.outcome(delivered: commitment)
        do {
            return try await read.exchange.appendOutcome(
                read.entries.completed(outcome, withheld: read.plan.withheld))
        } catch {
            read.logger.error("a completion could not be logged", metadata: ["error": "\(error)"])
            // No entry leads to it: nobody could be erased in it.
            if commitment != nil { read.exchange.parts.log.removeSideFile(stream: read.entries.stream) }
            return nil
        }
    }

    /// The part of a download that lives on the event loop.
    private final class Run {
        /// How many blocks go out before other connections of this loop get their turn.
        private static let blocksPerTurn = 8

        private let read: DataRead
        private let connection: ConnectionHandler
        private let promise: EventLoopPromise<Sent>
        private let isPart: Bool
        /// Nil for a hosted dataset.
        private let upstream: UpstreamReader?
        /// Whether the upstream has to send more before anything can be done.
        private var isStarved = false
        /// Why nothing more comes of the upstream.
        private var failure: UpstreamTrouble?
        /// Why it is cut.
        private var trouble: UpstreamTrouble?
        private var pump: RowPump
        private var isDone = false
        private var isTurning = false

        init(
            _ read: DataRead, _ part: PartSearch.Found?, _ inflow: Inflow?, _ connection: ConnectionHandler,
            _ promise: EventLoopPromise<Sent>
        ) throws {
            self.read = read
            self.connection = connection
            self.promise = promise
            isPart = part != nil
            upstream = inflow?.reader
            pump = try RowPump(read, part: part?.part, from: part?.start ?? inflow?.start)
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
            guard read.channel.isActive else { return finish(.cut) }
            for _ in 0..<Self.blocksPerTurn {
                guard !isDone, read.channel.isWritable else { return }
                do {
                    if try waitsForUpstream() { return }
                    if let status = try step() { return finish(status) }
                } catch {
                    return cut(for: error)
                }
            }
            let bound = NIOLoopBound(self, eventLoop: read.channel.eventLoop)
            read.channel.eventLoop.execute { bound.value.turn() }
        }

        /// Takes what has come of the upstream.
        ///
        /// - Returns: whether more has to come before anything can be done: then a turn follows.
        private func waitsForUpstream() throws -> Bool {
            guard let upstream, pump.wantsInput else { return false }
            if failure == nil {
                do { if pump.feed(try upstream.take()) { isStarved = false } } catch { failure = error }
            }
            guard isStarved else { return false }
            // What came whole before it has gone.
            if let failure { throw failure }
            let bound = NIOLoopBound(self, eventLoop: read.channel.eventLoop)
            upstream.whenReady { [loop = read.channel.eventLoop] in loop.execute { bound.value.turn() } }
            return true
        }

        private func cut(for error: any Error) {
            trouble = UpstreamTrouble.of(error)
            trouble?.report(to: read.logger, of: read.plan.dataset)
            if trouble == nil {
                read.logger.error("a download was cut", metadata: ["error": "\(error)"])
            }
            finish(.cut)
        }

        /// Sends one piece.
        ///
        /// - Returns: how the download ended, nil if it goes on.
        private func step() throws -> AccessEntries.Status? {
            if pump.isPartSent { return .complete }
            guard let ticket = read.ticket else { return try send(nil) }
            return try ticket.atBorder(at: read.exchange.now) { view in
                guard let view else { return .cut }
                return try send(view)
            }
        }

        private func send(_ view: AgreementGate.View?) throws -> AccessEntries.Status? {
            // Under another epoch it would go on with bytes that do not belong to those the client has.
            if isPart, view?.epoch != read.plan.view?.epoch { return .cut }
            // Which rows of a key that has become several owners' are new nobody can tell.
            if read.plan.continuation != nil, view?.filter.dividesKeys == true { return .cut }
            let unread = pump.unreadBytes
            guard let piece = try pump.next(view) else {
                guard pump.isAtEnd else {
                    isStarved = true
                    return nil
                }
                if let end = try pump.end() { write(end) }
                return .complete
            }
            // The filter may have changed while the block was assembled: then it is dropped, and the next
            // turn assembles it anew.
            if let view, read.ticket?.isCurrent(view) == false { return nil }
            write(try pump.account(piece))
            // A row of which the end is still to come.
            isStarved = piece.block?.rows == 0 && pump.unreadBytes == unread
            return nil
        }

        /// A condition may have found nothing yet, and a part begin further on: then there is nothing.
        private func write(_ bytes: [UInt8]) {
            guard !bytes.isEmpty else { return }
            read.admission.charge(bytes.count)
            let buffer = read.channel.allocator.buffer(bytes: bytes)
            read.channel.writeAndFlush(HTTPResponsePart.body(buffer), promise: nil)
        }

        private func finish(_ status: AccessEntries.Status) {
            guard !isDone else { return }
            isDone = true
            connection.unfollow()
            upstream?.cancel()
            var sent = pump.sent(status)
            sent.trouble = trouble
            promise.succeed(sent)
        }
    }
}
