import AsyncHTTPClient
import Model
import NIOCore
import NIOHTTP1
import NIOPosix
import RemoteHub

@testable import sluis

/// A consumer with many connections, each of which takes its time, and lets the kernel hold little ahead.
final class PacedClient: Sendable {
    /// Of the kernel, in each connection; it takes as much again for itself.
    static let receiveBytes = 64 << 10

    /// How one answer is read.
    struct Pace: Sendable {
        /// Nil for as fast as it comes.
        var bytesPerSecond: Int?
        /// After how many bytes the reader hangs up; nil if he does not.
        var hangsUpAfter: Int?
        /// Asked at each piece: whether there is no time left to be slow.
        var isHurried: @Sendable () -> Bool = { false }
    }

    struct Reading: Sendable {
        var answer = RawAnswer()
        var isHungUp = false
        var steps: [StormRead.Step] = []
    }

    private let profile: Profile
    private let http: HTTPClient

    /// - Parameter connections: at once.
    init(_ profile: Profile, connections: Int) {
        self.profile = profile
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(30)),
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.setOption(
                .socketOption(.so_rcvbuf), value: SocketOptionValue(Self.receiveBytes))
        }
        http = HTTPClient(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
    }

    /// Must be called once, at the end.
    func close() async throws { try await http.shutdown() }

    /// Reads an answer of any status.
    func read(_ path: String, _ headers: HTTPHeaders, _ pace: Pace) async throws -> Reading {
        var request = HTTPClientRequest(url: profile.machines + path)
        request.headers = headers
        request.tlsConfiguration = profile.tls
        let response = try await http.execute(request, timeout: .minutes(10))
        var reading = Reading()
        reading.answer.status = Int(response.status.code)
        reading.answer.headers = response.headers
        for try await buffer in response.body {
            reading.answer.body += buffer.readableBytesView
            let count = reading.answer.body.count
            reading.steps.append(StormRead.Step(at: .system, bytes: count))
            if let limit = pace.hangsUpAfter, count >= limit {
                // Who stops reading before the end closes the connection.
                reading.isHungUp = true
                return reading
            }
            if let rate = pace.bytesPerSecond, !pace.isHurried() {
                try await Task.sleep(for: .seconds(Double(buffer.readableBytes) / Double(rate)))
            }
        }
        reading.answer.trailers = response.body.trailers ?? [:]
        return reading
    }
}
