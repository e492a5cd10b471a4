import AsyncHTTPClient
import Foundation
import MerkleLog
import NIOCore
import NIOHTTP1
import NIOSSL

/// Posts checkpoints to witnesses over HTTP.
struct WitnessTransport: Sendable {
    /// A witness that takes longer delays the cosignatures of others by as much.
    private static let patience = TimeAmount.seconds(10)

    private let http: HTTPClient

    /// - Parameter authority: a file with certificates of authorities, PEM, which are believed besides those
    ///   of the system; nil for the system's alone.
    init(authority: String?) throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let authority {
            tls.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMFile(authority))]
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(5), read: Self.patience)
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func post(_ url: String, _ body: [UInt8]) async throws -> WitnessAnswer {
        // On a port that there is not the client would stop the program.
        guard let port = URL(string: url).map({ $0.port ?? 443 }), (1...65_535).contains(port) else {
            throw HTTPClientError.invalidURL
        }
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "text/plain; charset=utf-8")
        request.body = .bytes(body)
        let response = try await http.execute(request, timeout: Self.patience)
        let answer = try await response.body.collect(upTo: WitnessRequest.maximumSizeBytes)
        return WitnessAnswer(
            status: Int(response.status.code),
            contentType: response.headers.first(name: "Content-Type") ?? "",
            body: Array(answer.readableBytesView))
    }

    func close() async { try? await http.shutdown() }
}
