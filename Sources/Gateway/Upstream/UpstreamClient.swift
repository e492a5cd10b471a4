internal import AsyncHTTPClient
internal import Model
internal import NIOCore
internal import NIOPosix
public import NIOSSL

/// Reads connected datasets where they are, by GET, over HTTP/1.1.
public final class UpstreamClient: Sendable {
    public struct Configuration: Sendable {
        /// Certificates of authorities that are believed besides the system's.
        public var authorities: [NIOSSLCertificate]
        /// What the hub shows to servers that ask who it is; empty for nothing.
        public var certificates: [NIOSSLCertificate]
        public var key: NIOSSLPrivateKey?
        /// How long a server may send nothing while it is waited for.
        public var patienceSeconds: Int64
        /// Of one answer, before and after unpacking.
        public var maximumBytes: Int

        public init(
            authorities: [NIOSSLCertificate] = [], certificates: [NIOSSLCertificate] = [],
            key: NIOSSLPrivateKey? = nil, patienceSeconds: Int64, maximumBytes: Int
        ) {
            self.authorities = authorities
            self.certificates = certificates
            self.key = key
            self.patienceSeconds = patienceSeconds
            self.maximumBytes = maximumBytes
        }
    }

    let configuration: Configuration
    /// How long a server may take to accept a connection.
    let connectSeconds: Int64
    let http: HTTPClient

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        connectSeconds = min(configuration.patienceSeconds, 10)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        // Of a reader who has gone nothing more is wanted.
        tls.shutdownTimeout = .seconds(1)
        tls.additionalTrustRoots = [.certificates(configuration.authorities)]
        tls.certificateChain = configuration.certificates.map { .certificate($0) }
        tls.privateKey = configuration.key.map { .privateKey($0) }
        // Redirects are not followed: the operator allowed this origin, and no other. How long an answer may
        // take is for its reader to say, who may be slow himself.
        var client = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(connectSeconds)),
            decompression: .disabled)
        client.httpVersion = .http1Only
        client.connectionPool.idleTimeout = .seconds(20)
        client.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
        client.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: client)
    }

    /// Begins to read. What comes of it, the reader says.
    func read(_ upstream: Upstream) -> UpstreamReader { UpstreamReader(upstream, self) }

    public func close() async { try? await http.shutdown() }
}
