import Cryptography
import Foundation
import Model
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RemoteHub
import Synchronization

@testable import sluis

/// An HTTPS server on a free port that gives prepared answers, and asks for a client certificate if told so.
final class AnsweringServer: Sendable {
    struct Answer: Sendable {
        var status = HTTPResponseStatus.ok
        var headers: HTTPHeaders = [:]
        var pieces: [[UInt8]] = []
        var trailers: HTTPHeaders?
        /// Nil to close the connection instead of ending the answer.
        var ends = true
        /// Whether nothing at all is answered.
        var isSilent = false
        /// Called behind the pieces with what sends more; the answer ends when the test ends it.
        var goOn: (@Sendable (Rest) -> Void)?
    }

    /// Sends the rest of an answer, from any thread.
    struct Rest: Sendable {
        fileprivate let channel: any Channel

        func send(_ piece: [UInt8]) {
            let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: piece)))
            channel.writeAndFlush(part, promise: nil)
        }

        func end() { channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil) }

        /// Whether the client is still there.
        var isOpen: Bool { channel.isActive }
    }

    struct Seen: Sendable {
        var head: HTTPRequestHead
        var body: [UInt8]
        /// Of the client's certificate.
        var thumbprint: Thumbprint?
        /// The connection it came on.
        var connection: ObjectIdentifier
    }

    let authority: CertificateAuthority
    private let channel: any Channel
    private let state: State

    fileprivate final class State: Sendable {
        let answer: @Sendable (HTTPRequestHead) -> Answer
        let seen = Mutex<[Seen]>([])
        init(_ answer: @escaping @Sendable (HTTPRequestHead) -> Answer) { self.answer = answer }
    }

    init(
        names: [String] = [], asksCertificate: Bool = true,
        answer: @escaping @Sendable (HTTPRequestHead) -> Answer
    ) async throws {
        authority = try TestProfile.authority()
        let key = try PrivateKey.generate(.es256)
        let certificate = try authority.issue(
            CertificateTemplate(
                .server(dnsNames: names, ipAddresses: names.isEmpty ? ["127.0.0.1"] : []),
                commonName: "server",
                validDays: 1), for: key.publicKey, at: TestProfile.now)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.pem.utf8))
                .map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.pem.utf8), format: .pem)))
        if asksCertificate { tls.certificateVerification = .noHostnameVerification }
        let context = try NIOSSLContext(configuration: tls)
        let state = State(answer)
        self.state = state
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        asksCertificate
                            ? NIOSSLServerHandler(
                                context: context,
                                customVerificationCallback: { $1.succeed(.certificateVerified) })
                            : NIOSSLServerHandler(context: context))
                    try pipeline.configureHTTPServerPipeline(withErrorHandling: true)
                    try pipeline.addHandler(Handler(state))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { channel.close(promise: nil) }

    var origin: String { "https://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    var seen: [Seen] { state.seen.withLock { $0 } }

    /// A client with a new profile for this server.
    func client(_ scratch: ScratchFolder, patience: Duration = HubClient.patience) throws -> HubClient {
        try HubClient(profile(scratch), patience: patience)
    }

    func profile(_ scratch: ScratchFolder, authority: CertificateAuthority? = nil) throws -> Profile {
        let folder = scratch.path("profile-\(UUID())")
        try TestProfile.write(
            to: folder, people: origin, machines: origin, authority: authority ?? self.authority)
        return try Profile(folder: folder)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let state: State
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ state: State) { self.state = state }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): self.head = head
            case .body(let buffer): body += Array(buffer.readableBytesView)
            case .end: finish(context)
            }
        }

        private func finish(_ context: ChannelHandlerContext) {
            guard let head else { return }
            let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
            let der = try? tls?.peerCertificate?.toDERBytes()
            let request = Seen(
                head: head, body: body, thumbprint: der.flatMap { Thumbprint(SHA256.hash($0)) },
                connection: ObjectIdentifier(context.channel))
            state.seen.withLock { $0.append(request) }
            body = []
            send(state.answer(head), context)
        }

        private func send(_ answer: Answer, _ context: ChannelHandlerContext) {
            if answer.isSilent { return }
            var headers = answer.headers
            if !headers.contains(name: "Content-Length") {
                headers.replaceOrAdd(name: "Transfer-Encoding", value: "chunked")
            }
            let head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            for piece in answer.pieces {
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: piece)))), promise: nil)
            }
            if let goOn = answer.goOn {
                context.flush()
                goOn(Rest(channel: context.channel))
            } else if answer.ends {
                context.writeAndFlush(wrapOutboundOut(.end(answer.trailers)), promise: nil)
            } else {
                context.flush()
                context.close(promise: nil)
            }
        }
    }
}
