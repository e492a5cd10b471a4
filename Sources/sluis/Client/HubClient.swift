import AsyncHTTPClient
import Foundation
import Model
import NIOCore
import NIOHTTP1
import NIOPosix
import RemoteHub

/// Calls a hub with the certificate of one profile.
///
/// All clients of the process share one pool of connections, in which each profile has its own: a connection
/// is only ever used with the certificate that it was made with. For example:
///
///     let hub = HubClient(try Profile(folder: "profiles/operator"))
///     let answer = try await hub.call(.post, "/api/v1/persons", body: .json(["name": "A"]))
struct HubClient: Sendable {
    enum Listener: Sendable { case people, machines }

    enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// The largest answer that is taken whole.
    static let maximumAnswerBytes = 64 << 20
    /// How long a hub may show no sign of life.
    static let patience = Duration.seconds(120)

    let profile: Profile
    private let http: HTTPClient
    private let patience: Duration

    init(_ profile: Profile, http: HTTPClient = .hub, patience: Duration = Self.patience) {
        self.profile = profile
        self.http = http
        self.patience = patience
    }

    func url(_ path: String, on listener: Listener) -> String {
        (listener == .people ? profile.people : profile.machines) + path
    }

    /// One request and its whole answer.
    ///
    /// - Parameters:
    ///   - path: with its query, percent-encoded.
    ///   - body: sent with its content type.
    ///   - patience: how long the hub may show no sign of life, if not as long as usual; while a file is sent
    ///     it is as long as usual.
    /// - Throws: `HubProblem` for an answer that is no success; `HubUnreachable` for none; `ClientFault` for
    ///   a file that changed while it was sent.
    func call(
        _ method: Method, _ path: String, on listener: Listener = .machines, body: HubBody? = nil,
        headers: HTTPHeaders = [:], patience: Duration? = nil
    ) async throws -> HubAnswer {
        let url = url(path, on: listener)
        return try await exchange(url, method, body, headers, patience ?? self.patience) { response, _ in
            let bytes = try await Self.collect(response)
            try Self.requireSuccess(response, bytes, url)
            return HubAnswer(
                status: Int(response.status.code), headers: response.headers, bytes: bytes,
                trailers: response.body.trailers ?? [:])
        }
    }

    /// A GET whose body goes to `onBytes` as it comes, held in memory a piece at a time.
    ///
    /// - Parameters:
    ///   - onHead: told the head of an answer of any status, before anything else.
    ///   - onBytes: throws to end the call.
    /// - Returns: head and trailers; no bytes.
    /// - Throws: as `call`, and what `onHead` and `onBytes` throw.
    func download(
        _ path: String, on listener: Listener = .machines, headers: HTTPHeaders = [:],
        onHead: @escaping @Sendable (HTTPResponseStatus, HTTPHeaders) throws -> Void = { _, _ in },
        onBytes: @escaping @Sendable ([UInt8]) throws -> Void
    ) async throws -> HubAnswer {
        let url = url(path, on: listener)
        return try await exchange(url, .get, nil, headers, patience) { response, watch in
            try onHead(response.status, response.headers)
            guard response.status.isSuccess else {
                throw Self.problem(response, try await Self.collect(response), url)
            }
            for try await buffer in response.body {
                watch.pause()
                try onBytes(Array(buffer.readableBytesView))
                watch.heard()
            }
            return HubAnswer(
                status: Int(response.status.code), headers: response.headers, bytes: [],
                trailers: response.body.trailers ?? [:])
        }
    }

    private func exchange(
        _ url: String, _ method: Method, _ body: HubBody?, _ headers: HTTPHeaders, _ patience: Duration,
        _ take: @escaping @Sendable (HTTPClientResponse, SilenceWatch) async throws -> HubAnswer
    ) async throws -> HubAnswer {
        let watch = SilenceWatch(limit: body?.isFile == true ? self.patience : patience)
        let request = request(url, method, body, headers, watch, patience)
        do {
            return try await watch.guarding(
                silent: { HubUnreachable(silent: url) },
                {
                    let response = try await http.execute(request, deadline: .distantFuture)
                    watch.heard()
                    return try await take(response, watch)
                })
        } catch {
            throw HubUnreachable(error, url: url, profile: profile.folder) ?? error
        }
    }

    private func request(
        _ url: String, _ method: Method, _ body: HubBody?, _ headers: HTTPHeaders, _ watch: SilenceWatch,
        _ patience: Duration
    ) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method.rawValue)
        request.headers = headers
        request.tlsConfiguration = profile.tls
        if let body {
            request.headers.replaceOrAdd(name: "Content-Type", value: body.contentType)
            request.body = body.content(watchedBy: watch, patience)
        }
        return request
    }

    private static func collect(_ response: HTTPClientResponse) async throws -> [UInt8] {
        do {
            return Array(try await response.body.collect(upTo: maximumAnswerBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Refusal("the hub's answer is larger than \(maximumAnswerBytes) bytes")
        }
    }

    private static func requireSuccess(_ response: HTTPClientResponse, _ bytes: [UInt8], _ url: String) throws
    {
        if !response.status.isSuccess { throw problem(response, bytes, url) }
    }

    private static func problem(_ response: HTTPClientResponse, _ bytes: [UInt8], _ url: String) -> HubProblem
    {
        HubProblem(status: Int(response.status.code), headers: response.headers, bytes: bytes, url: url)
    }
}

extension HTTPResponseStatus {
    fileprivate var isSuccess: Bool { (200..<300).contains(code) }
}

extension HubUnreachable {
    fileprivate init(silent url: String) {
        self.init(
            url: url, reason: "no answer in time", remedy: "look at the hub's log, then try again",
            mayHaveArrived: true)
    }
}

extension HTTPClient {
    /// The pool of this process. It lives as long as the process: there is nothing to shut down.
    ///
    /// Redirects are not followed: a token must not go elsewhere. Nothing is decompressed: digests are of
    /// what was sent. A connection that cannot be made is told at once. Requests come one at a time, so
    /// HTTP/2 would gain nothing; `SLUIS_HTTP2=on` has it spoken where the hub does too.
    static let hub: HTTPClient = {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: .seconds(30)),
            decompression: .disabled)
        let speaksHTTP2 = ProcessInfo.processInfo.environment["SLUIS_HTTP2"] == "on"
        configuration.httpVersion = speaksHTTP2 ? .automatic : .http1Only
        configuration.connectionPool.idleTimeout = .seconds(20)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
    }()
}
