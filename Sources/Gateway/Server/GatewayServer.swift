internal import Consent
public import Cryptography
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
public import Logging
public import Model
internal import NIOCore
internal import NIOSSL
internal import ServiceLifecycle
internal import Synchronization

/// The two HTTPS listeners of a hub.
///
/// *People* asks for no client certificate. *Machines* asks for one on every connection and accepts it if one
/// of the hub's authorities issued it or an organisation or person registered it.
public struct GatewayServer: Sendable {
    /// Where and with what to listen.
    public struct Configuration: Sendable {
        public var people: Address
        public var machines: Address
        /// The server's certificate and its key.
        public var certificate: X509Certificate
        /// Between it and an authority that clients know, in order.
        public var intermediates: [X509Certificate]
        public var key: PrivateKey
        /// Whose client certificates are accepted besides registered ones.
        public var authorities: [X509Certificate]
        /// How long a connection may wait for its client.
        public var patienceSeconds: Int64

        public init(
            people: Address, machines: Address, certificate: X509Certificate,
            intermediates: [X509Certificate] = [], key: PrivateKey, authorities: [X509Certificate],
            patienceSeconds: Int64 = 60
        ) {
            self.people = people
            self.machines = machines
            self.certificate = certificate
            self.intermediates = intermediates
            self.key = key
            self.authorities = authorities
            self.patienceSeconds = patienceSeconds
        }
    }

    /// A host name or address and a port; 0 picks a free one.
    public struct Address: Hashable, Sendable {
        public var host: String
        public var port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// The ports in use once both listeners accept.
    public struct Ports: Hashable, Sendable {
        public var people: Int
        public var machines: Int
    }

    private let configuration: Configuration
    private let logger: Logger
    private let certificates = CertificateCache()

    public init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Serves until the surrounding service group shuts down gracefully; then running answers are finished.
    ///
    /// - Parameters:
    ///   - isRegistered: whether a certificate that no authority issued is somebody's credential.
    ///   - now: the hub's clock.
    ///   - onListening: makes the gateway, which must know its own ports. Calls that come earlier get a 503.
    ///   - onReady: called once the gateway answers.
    public func run(
        isRegistered: @escaping @Sendable (Thumbprint) -> Bool, now: @escaping @Sendable () -> Instant,
        onListening: @escaping @Sendable (Ports) async throws -> Gateway,
        onReady: @escaping @Sendable (Gateway) async throws -> Void
    ) async throws {
        let cell = GatewayCell()
        let (ports, announce) = AsyncStream.makeStream(of: (Endpoint.Listener, Int).self)
        let verification = ClientVerification(
            authorities: configuration.authorities, isRegistered: isRegistered, now: now,
            certificates: certificates)
        let services: [any Service] = [
            try application(.people, configuration.people, cell, verification: nil, announce),
            try application(.machines, configuration.machines, cell, verification: verification, announce),
            Opening(ports: ports, cell: cell, onListening: onListening, onReady: onReady),
        ]
        try await ServiceGroup(configuration: .init(services: services, logger: logger)).run()
    }

    private func application(
        _ listener: Endpoint.Listener, _ address: Address, _ cell: GatewayCell,
        verification: ClientVerification?, _ announce: AsyncStream<(Endpoint.Listener, Int)>.Continuation
    ) throws -> any Service {
        let patience = configuration.patienceSeconds
        let http = HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                ConnectionHandler(patienceSeconds: patience, lane: listener == .machines ? cell : nil)
            ],
            // The longest condition of a read fits, however much of it is percent-encoded.
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 26 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))
        let both = HTTP2UpgradeChannel.Configuration(
            idleTimeout: .seconds(patience), gracefulCloseTimeout: .seconds(patience),
            streamConfiguration: http)
        let tls = TLSChannelConfiguration(
            tlsConfiguration: try tls(asksCertificate: verification != nil),
            customVerificationCallback: verification?.callback)
        let certificates = certificates
        let server = HTTPServerBuilder { responder in
            GatewayChannel(
                base: try HTTP2UpgradeChannel(
                    tlsChannelConfiguration: tls, configuration: both, responder: responder),
                patience: .seconds(patience), certificates: certificates)
        }
        return Application(
            router: cell.router(listener), server: server,
            configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { announce.yield((listener, $0.localAddress?.port ?? 0)) },
            logger: logger)
    }

    private func tls(asksCertificate: Bool) throws -> TLSConfiguration {
        let chain = try ([configuration.certificate] + configuration.intermediates).map {
            NIOSSLCertificateSource.certificate(try NIOSSLCertificate(bytes: $0.der, format: .der))
        }
        let key = try NIOSSLPrivateKey(bytes: Array(configuration.key.pem.utf8), format: .pem)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(key))
        tls.minimumTLSVersion = .tlsv12
        // Those of TLS 1.2 that BCP 195 (RFC 9325 section 4.2) recommends; of 1.3 all are good.
        tls.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        ]
        // A client that does not answer our goodbye keeps neither a socket nor a hub that stops.
        tls.shutdownTimeout = .seconds(1)
        // Which certificates are accepted our callback says; which routes need one, the gateway.
        tls.certificateVerification = asksCertificate ? .optionalVerification : .none
        return tls
    }
}

/// Holds the gateway from the moment it can be made.
final class GatewayCell: Sendable {
    private let gateway = Mutex<Gateway?>(nil)

    func fill(_ made: Gateway) { gateway.withLock { $0 = made } }

    var value: Gateway? { gateway.withLock { $0 } }
}

/// Makes the gateway once both listeners accept; if that fails, the servers end too.
private struct Opening: Service {
    let ports: AsyncStream<(Endpoint.Listener, Int)>
    let cell: GatewayCell
    let onListening: @Sendable (GatewayServer.Ports) async throws -> Gateway
    let onReady: @Sendable (Gateway) async throws -> Void

    func run() async throws {
        var known: [Endpoint.Listener: Int] = [:]
        for await (listener, port) in ports.cancelOnGracefulShutdown() {
            known[listener] = port
            guard let people = known[.people], let machines = known[.machines] else { continue }
            let gateway = try await onListening(GatewayServer.Ports(people: people, machines: machines))
            cell.fill(gateway)
            try await onReady(gateway)
            for await _ in Self.ticks.cancelOnGracefulShutdown() {
                gateway.stock.sweep(at: gateway.exchange.now)
            }
            return
        }
    }

    /// One element every half minute, until nobody listens.
    private static var ticks: AsyncStream<Void> {
        AsyncStream {
            do { try await Task.sleep(for: .seconds(30)) } catch { return nil }
        }
    }
}
