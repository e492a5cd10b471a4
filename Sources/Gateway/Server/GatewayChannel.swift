internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// A connection of a listener: what holds for each before HTTP is spoken on it.
///
/// It limits what is given to the kernel ahead of a slow client, and remembers who is at the other end.
struct GatewayChannel<Base: HTTPChannelHandler>: HTTPChannelHandler {
    /// Bytes that NIO and the kernel each may hold unsent: with one block in hand less than the 256 KiB that
    /// a withdrawal may still see leave.
    private static var unsentBytes: Int { 64 << 10 }
    /// `TCP_NOTSENT_LOWAT` of Linux.
    private static var notSentLowWater: ChannelOptions.Types.SocketOption {
        ChannelOptions.Types.SocketOption(level: .tcp, name: NIOBSDSocket.Option(rawValue: 25))
    }

    let base: Base
    /// How long a handshake may take.
    let patience: TimeAmount
    let certificates: CertificateCache

    var responder: Responder { base.responder }

    /// - Parameter logger: used during setup.
    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        let isSetUp = base.setup(channel: channel, logger: logger)
        do {
            let options = channel.syncOptions
            try options?.setOption(
                .writeBufferWaterMark,
                value: ChannelOptions.Types.WriteBufferWaterMark(
                    low: Self.unsentBytes / 2, high: Self.unsentBytes))
            try options?.setOption(Self.notSentLowWater, value: SocketOptionValue(Self.unsentBytes))
            let pipeline = channel.pipeline.syncOperations
            let tls = try pipeline.handler(type: NIOSSLServerHandler.self)
            try pipeline.addHandler(Peer(patience: patience, certificates), position: .after(tls))
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        return isSetUp
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
