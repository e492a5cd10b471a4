internal import AuditLog
internal import Consent
internal import Cryptography
internal import Model
internal import NIOCore
internal import Tokens

/// Answers plain requests for data whose answer is prepared, in front of all other HTTP handling: on the
/// connection's event loop, without a task, SQL or JSON.
///
/// It stands between TLS and the HTTP/1 decoder. Bytes that are not a plain request, or that cannot be
/// answered here, go on as they came, and so does everything else while one of those is not yet answered;
/// what comes behind a request that is being answered here waits. So answers leave in the order of their
/// requests.
///
/// A request is decided with what is in memory, its entry is logged, and when that is durable the answer is
/// written, if nothing has changed meanwhile; else the entry is taken back and the request goes the other
/// way.
final class FastLane: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    // What others write goes through untouched.
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum State {
        case free
        /// Its entry is on its way into the log.
        case logging(FastRead)
        /// Its entry is in the log; it waits until the client takes more.
        case logged(FastRead, UInt64)
        /// It is being written: what that sets off must not write it again.
        case answering
    }

    private static let maximumWaitingBytes = 64 << 10

    private let cell: GatewayCell
    // Both until the connection is gone; what is in the log may come back after that.
    private var connection: ConnectionHandler?
    private var context: ChannelHandlerContext?
    private var state = State.free
    private var framer = MessageFramer()
    /// What came behind the request that is being answered here.
    private var waiting: ByteBuffer?
    /// What others must not see before that is answered.
    private var waitingEvents: [Any] = []
    private var isReadWanted = false
    /// Whether something went on since the last end of a reading.
    private var hasPassed = false
    /// Whether more was asked for since something came last.
    private var isReading = false
    /// The connection is to end: nothing new begins here.
    private var isClosing = false
    private var random = RandomPool()
    private var date: (second: Int64, text: [UInt8]) = (.min, [])

    init(_ cell: GatewayCell, _ connection: ConnectionHandler) {
        self.cell = cell
        self.connection = connection
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        connection = nil
        waiting = nil
        waitingEvents = []
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if case .free = state { return take(bytes, context) }
        // It is no progress of what the client should do now, which is to read.
        if waiting == nil { waiting = bytes } else { waiting?.writeBuffer(&bytes) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        hasPassed = false
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        // When much waits no more is read until that is done with: a client cannot fill the memory.
        if (waiting?.readableBytes ?? 0) < Self.maximumWaitingBytes {
            isReading = true
            context.read()
        } else {
            isReadWanted = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .logged(let read, let entry) = state { answer(read, entry) }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .logged(let read, let entry) = state { drop(read, entry) }
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { isClosing = true }
        if case .free = state { return context.fireUserInboundEventTriggered(event) }
        waitingEvents.append(event)
    }

    // MARK: Requests

    private func take(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard begin(bytes, context) else { return pass(bytes, context) }
    }

    /// Hands bytes to the other parser.
    private func pass(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        if !framer.isLost { framer.pass(bytes.readableBytesUInt8Span) }
        hasPassed = true
        context.fireChannelRead(wrapInboundOut(bytes))
    }

    /// - Returns: false if the bytes must go the other way.
    private func begin(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
        guard framer.isBetween, !isClosing, let connection, connection.hasAnswered(framer.requests),
            let request = PlainRequest(bytes.readableBytesUInt8Span), let gateway = cell.value,
            let certificate = connection.certificate(context.channel)
        else { return false }
        let begun = ContinuousClock.now
        let now = gateway.exchange.now
        let permitted = gateway.fastRead(
            request, in: bytes.readableBytesUInt8Span, from: certificate, at: now)
        guard let permitted else { return false }
        var rest = bytes
        guard let head = rest.readSlice(length: request.count) else { return false }
        let read = FastRead(
            token: permitted.token, answer: permitted.answer, admission: permitted.admission,
            random: random.take(64), request: head, begun: begun)
        state = .logging(read)
        waiting = rest.readableBytes > 0 ? rest : nil
        connection.beginAhead()
        log(read, gateway, at: now, context.eventLoop)
        return true
    }

    private func log(_ read: FastRead, _ gateway: Gateway, at now: Instant, _ loop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let entry = read.answer.entry(of: read.token.actor, at: now, random: read.random)
        gateway.exchange.parts.log.append(entry.bytes, timeText: entry.timeText) { result in
            loop.execute { bound.value.logged(result) }
        }
    }

    private func logged(_ result: Result<UInt64, RetryableFault>) {
        guard case .logging(let read) = state else { return }
        switch result {
        case .success(let entry):
            state = .logged(read, entry)
            answer(read, entry)
        // Nothing was sent: the other way says why.
        case .failure: turnAway(read)
        }
    }

    // MARK: Answers

    private func answer(_ read: FastRead, _ entry: UInt64) {
        guard let context, let gateway = cell.value, context.channel.isActive else {
            return drop(read, entry)
        }
        // What the client has not taken of earlier answers goes first.
        guard context.channel.isWritable else { return }
        state = .answering
        let now = gateway.exchange.now
        let certificate = connection?.certificate(context.channel)
        let isSent = read.answer.gate.atAnswerBorder(ObjectIdentifier(context.eventLoop).hashValue) {
            guard let certificate, gateway.isGood(read.token, from: certificate, at: now),
                read.answer.isOpen(at: now)
            else { return false }
            count(read, gateway)
            write(read, entry, at: now, context)
            return true
        }
        guard isSent else {
            takeBack(read, entry)
            return turnAway(read)
        }
        goOn(context)
    }

    /// Before it leaves, so that whoever has it is counted.
    private func count(_ read: FastRead, _ gateway: Gateway) {
        let sent = read.answer.sent
        read.admission.charge(read.answer.codedBytes)
        gateway.metrics.answeredWhole(
            rows: sent.rows, bytes: sent.bytes, withheldRows: read.answer.plan.withheld?.rows ?? 0,
            after: ContinuousClock.now - read.begun)
    }

    private func write(_ read: FastRead, _ entry: UInt64, at now: Instant, _ context: ChannelHandlerContext) {
        let second = now.milliseconds / 1000
        if date.second != second { date = (second, Array(now.httpDate.utf8)) }
        var buffer = context.channel.allocator.buffer(capacity: read.answer.byteCount)
        read.answer.write(entry: entry, salt: read.salt, date: date.text, read.admission.fields, to: &buffer)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// The client is gone.
    private func drop(_ read: FastRead, _ entry: UInt64) {
        takeBack(read, entry)
        connection?.endAhead()
        state = .free
        waiting = nil
    }

    private func takeBack(_ read: FastRead, _ entry: UInt64) {
        guard let gateway = cell.value else { return }
        // Its place among what its reader may use is free meanwhile.
        let (entries, withheld) = (read.entries, read.answer.plan.withheld)
        Task { await gateway.takeBack(entries, entry, withheld) }
    }

    /// The request goes the other way after all, before everything that came behind it.
    private func turnAway(_ read: FastRead) {
        connection?.endAhead()
        state = .free
        guard let context else { return }
        pass(read.request, context)
        finish(context)
    }

    private func goOn(_ context: ChannelHandlerContext) {
        connection?.endAhead()
        state = .free
        finish(context)
    }

    /// Goes on with what has come meanwhile.
    private func finish(_ context: ChannelHandlerContext) {
        if let bytes = waiting {
            waiting = nil
            take(bytes, context)
        }
        guard case .free = state else { return }
        if hasPassed {
            hasPassed = false
            context.fireChannelReadComplete()
            // What was asked for before is still to come.
            if isReading || isReadWanted { connection?.noteRead() }
        }
        let events = waitingEvents
        waitingEvents = []
        for event in events { context.fireUserInboundEventTriggered(event) }
        if isReadWanted {
            isReadWanted = false
            isReading = true
            context.read()
        }
    }
}
