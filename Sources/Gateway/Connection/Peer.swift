internal import Cryptography
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// What is known of who is at the other end of a TLS connection, for everything that comes on it: requests of
/// HTTP/1, and streams of HTTP/2.
///
/// It closes connections whose handshake does not end.
final class Peer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let patience: TimeAmount
    private var deadline: Scheduled<Void>?
    /// The client's certificate, once it was looked for.
    private var known: Known?
    private var context: ChannelHandlerContext?

    private enum Known { case none, certificate(X509Certificate) }

    private let certificates: CertificateCache

    init(patience: TimeAmount, _ certificates: CertificateCache) {
        self.patience = patience
        self.certificates = certificates
    }

    /// That of a connection, or of the one that a stream of HTTP/2 came on; nil without TLS.
    static func of(_ channel: any Channel) -> Peer? {
        if let own = try? channel.pipeline.syncOperations.handler(type: Peer.self) { return own }
        guard let parent = channel.parent, parent.eventLoop.inEventLoop else { return nil }
        return try? parent.pipeline.syncOperations.handler(type: Peer.self)
    }

    /// The client's certificate; nil if it showed none, and when the connection is gone. Valid once the
    /// handshake is done, and after a resumed one too.
    var certificate: X509Certificate? {
        if case .certificate(let certificate) = known { return certificate }
        guard known == nil, let context else { return nil }
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        let certificate = handler?.peerCertificate.flatMap { certificates.certificate($0) }
        known = certificate.map { .certificate($0) } ?? Known.none
        return certificate
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: patience) { bound.value.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent { deadline?.cancel() }
        context.fireUserInboundEventTriggered(event)
    }
}
