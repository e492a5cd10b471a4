internal import Cryptography
internal import HTTPTypes
internal import Model
internal import NIOCore
internal import NIOHTTPTypes
internal import NIOPosix
internal import NIOSSL

/// What the gateway keeps of one connection. All of it on the connection's event loop.
///
/// It limits what is given to the kernel ahead of a slow client, hands out the client's certificate, tells a
/// running download when the socket takes more, and closes connections that wait for a client too long: one
/// that does not finish its TLS handshake, its request head or body, or does not read its answer.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Bytes that NIO and the kernel each may hold unsent: with one block in hand less than the 256 KiB that
    /// a withdrawal may still see leave.
    static let unsentBytes = 64 << 10
    /// `TCP_NOTSENT_LOWAT` of Linux.
    private static let notSentLowWater = ChannelOptions.Types.SocketOption(
        level: .tcp, name: NIOBSDSocket.Option(rawValue: 25))

    private let patience: TimeAmount
    /// The client's certificate, once it was looked for.
    private var known: Known?
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

    private enum Known { case none, certificate(X509Certificate) }

    init(patienceSeconds: Int64) { patience = .seconds(patienceSeconds) }

    /// The client's certificate; nil if it showed none. Valid once the first request is there, and after a
    /// resumed handshake too.
    func certificate(_ channel: any Channel) -> X509Certificate? {
        if case .certificate(let certificate) = known { return certificate }
        guard known == nil else { return nil }
        let handler = try? channel.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        let der = handler?.peerCertificate.flatMap { try? $0.toDERBytes() }
        let certificate = der.flatMap { try? X509Certificate(der: $0) }
        known = certificate.map { .certificate($0) } ?? Known.none
        return certificate
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
        noteAnswered()
        isAnswered = true
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !body.isEmpty {
            context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(trailers)), promise: nil)
        return true
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let options = context.channel.syncOptions
        try? options?.setOption(
            .writeBufferWaterMark,
            value: ChannelOptions.Types.WriteBufferWaterMark(
                low: Self.unsentBytes / 2, high: Self.unsentBytes))
        // Refused only by channels that are not TCP sockets, as in tests of the pipeline alone.
        try? options?.setOption(Self.notSentLowWater, value: SocketOptionValue(Self.unsentBytes))
        scheduleCheck(context)
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
        lastProgress = .now()
        switch unwrapInboundIn(data) {
        case .head(let request):
            areForHead.append(request.method == .head)
            isInRequest = true
        case .body: break
        case .end:
            unanswered += 1
            isInRequest = false
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
        let isSent = isHead || areForHead.first != true
        if isEnd { noteAnswered() }
        if isSent { context.write(data, promise: promise) } else { promise?.succeed() }
    }

    private func noteAnswered() {
        unanswered -= 1
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
