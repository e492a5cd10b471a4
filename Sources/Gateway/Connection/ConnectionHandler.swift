internal import Cryptography
internal import HTTPTypes
internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes

/// What the gateway keeps of one connection. All of it on the connection's event loop.
///
/// Of one of HTTP/1, that is; of HTTP/2 each stream has its own. It tells a running download when the socket
/// takes more, and closes connections that wait for a client too long: one that does not finish its request
/// head or body, or does not read its answer.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let patience: TimeAmount
    private var context: ChannelHandlerContext?
    private var onWritable: (() -> Void)?
    private var onClose: (() -> Void)?
    /// Requests that came in whole and are not yet answered: while there is one the client waits for us.
    /// Below zero after an answer that went before its request had come in whole.
    private var unanswered = 0
    /// Whether the requests that came in and are not yet answered are for a head alone, oldest first.
    private var areForHead = CircularBuffer<Bool>()
    /// Whether the answer that Hummingbird writes next went already.
    private var isAnswered = false
    private var lastProgress = NIODeadline.now()
    /// Whether a request has begun to come in and not ended.
    private var isInRequest = false
    /// Whether more of that request is wanted: not while we are still busy with what came in. Between
    /// requests it says nothing: what TLS held back until the certificate was looked at comes without a read
    /// of its own.
    private var isReading = true
    private var check: Scheduled<Void>?

    /// How many requests came in and were answered the slow way.
    private var answered = 0
    /// Where plain requests are answered ahead of everything else; nil if nowhere.
    private let gateways: GatewayCell?

    /// Who is at the other end, once it was asked for.
    private var peer: Peer?
    /// Whether the request that comes in holds its body back until it is told to send it.
    private var isBodyHeldBack = false
    /// Whether the connection ends with the answer that is being written.
    private var isLast = false
    private var isHTTP1 = false
    /// Whether a head said that the connection ends with its answer.
    private var isToEnd = false

    /// - Parameter gateways: whose data may be read on a fast lane of this connection; nil for none.
    init(patienceSeconds: Int64, lane gateways: GatewayCell? = nil) {
        patience = .seconds(patienceSeconds)
        self.gateways = gateways
    }

    // MARK: The fast lane

    /// Whether so many requests came in here and all of them were answered. An answer that went ahead counts:
    /// nothing of what Hummingbird still writes for it goes out.
    func hasAnswered(_ requests: Int) -> Bool {
        answered == requests && areForHead.isEmpty && !isInRequest && !isToEnd
    }

    /// A request came in that is answered ahead of this handler.
    func beginAhead() {
        unanswered += 1
        lastProgress = .now()
    }

    func endAhead() {
        unanswered -= 1
        lastProgress = .now()
    }

    /// More of what comes in is wanted.
    func noteRead() { isReading = true }

    private func addLane(_ context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        // Streams of HTTP/2 have none.
        guard let encoder = try? pipeline.handler(type: HTTPResponseEncoder.self) else { return }
        isHTTP1 = true
        guard let gateways else { return }
        do {
            try pipeline.addHandler(FastLane(gateways, self), position: .before(encoder))
        } catch {
            // The connection has gone meanwhile.
            context.close(promise: nil)
        }
    }

    /// The client's certificate; nil if it showed none. Valid once the first request is there.
    func certificate(_ channel: any Channel) -> X509Certificate? {
        if peer == nil { peer = Peer.of(channel) }
        return peer?.certificate
    }

    /// Tells a client that waits for it to send its body (RFC 9110 section 10.1.1).
    func letBodyCome() {
        guard isHeldBackByOldest, let context else { return }
        isBodyHeldBack = false
        lastProgress = .now()
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    /// Whom to call when the socket takes more bytes, and when it is gone. One download at a time.
    func follow(onWritable: @escaping () -> Void, onClose: @escaping () -> Void) {
        self.onWritable = onWritable
        self.onClose = onClose
    }

    func unfollow() {
        onWritable = nil
        onClose = nil
    }

    /// Writes a whole answer in one piece, ahead of Hummingbird: the one that it then writes for the same
    /// request is dropped.
    ///
    /// - Returns: false if the connection is gone.
    func send(_ head: HTTPResponse, body: [UInt8], _ trailers: HTTPFields) -> Bool {
        guard let context else { return false }
        lastProgress = .now()
        let first = closing(.head(head))
        noteAnswered()
        isAnswered = true
        context.write(first, promise: nil)
        if !body.isEmpty {
            context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(trailers)), promise: nil)
        if isLast { context.close(promise: nil) }
        return true
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        scheduleCheck(context)
        addLane(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        check?.cancel()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        check?.cancel()
        onClose?()
        unfollow()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        lastProgress = .now()
        if context.channel.isWritable { onWritable?() }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        if !isReading { lastProgress = .now() }
        isReading = true
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Whoever wants more says so anew.
        isReading = false
        context.fireChannelReadComplete()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Of a client that does not read, what it sends is no progress.
        if context.channel.isWritable { lastProgress = .now() }
        switch unwrapInboundIn(data) {
        case .head(let request):
            areForHead.append(request.method == .head)
            isInRequest = true
            isBodyHeldBack = request.headerFields[.expect]?.lowercased() == "100-continue"
        case .body: isBodyHeldBack = false
        case .end:
            unanswered += 1
            isInRequest = false
            isBodyHeldBack = false
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        lastProgress = .now()
        let part = unwrapOutboundIn(data)
        let isHead = if case .head = part { true } else { false }
        let isEnd = if case .end = part { true } else { false }
        if isAnswered {
            isAnswered = !isEnd
            promise?.succeed()
            return
        }
        // RFC 9110 section 9.3.2: whatever followed the head, an empty last chunk too, would stand before the
        // next answer.
        // Over HTTP/2 the end is the end of the stream.
        let isSent = isHead || areForHead.first != true || isEnd && !isHTTP1
        if isEnd { noteAnswered() }
        if isSent { context.write(closing(part), promise: promise) } else { promise?.succeed() }
        if isEnd, isLast {
            context.flush()
            context.close(promise: nil)
        }
    }

    /// Of an answer to a client that still holds its body back: nobody wants the body, and whether it comes
    /// all the same nobody knows. What comes next on the connection could be anything.
    private func closing(_ part: HTTPResponsePart) -> NIOAny {
        guard isHTTP1, case .head(var head) = part else { return wrapOutboundOut(part) }
        if isHeldBackByOldest {
            isLast = true
            head.headerFields[.connection] = "close"
        }
        isToEnd = isToEnd || head.headerFields[.connection] == "close"
        return wrapOutboundOut(.head(head))
    }

    /// Whether the request that is answered next is the one that holds its body back.
    private var isHeldBackByOldest: Bool { isBodyHeldBack && isInRequest && areForHead.count == 1 }

    private func noteAnswered() {
        unanswered -= 1
        answered += 1
        _ = areForHead.popFirst()
    }

    private func scheduleCheck(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        check = context.eventLoop.scheduleTask(in: .nanoseconds(patience.nanoseconds / 4)) {
            let (handler, context) = bound.value
            let wantsRequest =
                handler.unanswered <= 0 && (handler.isReading || !handler.isInRequest)
            let waitsForClient = wantsRequest || !context.channel.isWritable
            if waitsForClient && handler.lastProgress + handler.patience < .now() {
                context.close(promise: nil)
            } else {
                handler.scheduleCheck(context)
            }
        }
    }
}
