import AsyncHTTPClient
import Foundation
import MerkleLog
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Fetches files by GET: whole, of bounded size, uncompressed, from where they were asked for.
struct FileFetcher: Sendable {
    struct Patience: Sendable {
        /// How often a file is asked for at most.
        var attempts = 4
        /// Before the second attempt; twice as long before each further one.
        var firstPause = Duration.milliseconds(250)
        /// However long the server asks for.
        var longestPause = Duration.seconds(10)
        /// For one answer, waiting for a connection included.
        var longestAnswer = TimeAmount.minutes(10)
    }

    let http: HTTPClient
    let tls: TLSConfiguration
    /// The folder of the profile, for messages.
    let profile: String?
    var patience = Patience()

    /// Begins one attempt. All of it happens on event loops.
    ///
    /// - Parameters:
    ///   - isFixed: whether the file never changes, so that whoever lies between may answer for the server.
    ///   - receive: told how many bytes arrive; false to give the file up.
    func begin(
        _ url: String, maximumSizeBytes: Int, isFixed: Bool,
        receive: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) -> EventLoopFuture<FileAnswer> {
        do {
            var request = try HTTPClient.Request(url: url, tlsConfiguration: tls)
            if !isFixed { request.headers.add(name: "Cache-Control", value: "no-cache") }
            let delegate = FileDelegate(maximumSizeBytes: maximumSizeBytes, receive: receive)
            return http.execute(
                request: request, delegate: delegate, deadline: .now() + patience.longestAnswer
            )
            .futureResult.flatMapErrorThrowing { error in
                guard let answer = FileDelegate.answer(in: error) else { throw error }
                return answer
            }
        } catch {
            return http.eventLoopGroup.any().makeFailedFuture(error)
        }
    }

    /// Fetches a file, with several attempts if the connection fails, or the server is busy or in trouble.
    ///
    /// It blocks its thread, which must not be one of an event loop; nothing that it waits for needs another
    /// thread than those of event loops.
    ///
    /// - Throws: `HubUnreachable` when all attempts failed, `ProofError` for a body that is too long.
    func fetch(_ url: String, maximumSizeBytes: Int, isFixed: Bool) throws -> FileAnswer {
        var pause = patience.firstPause
        for _ in 1..<patience.attempts {
            do {
                let answer = try attempt(url, maximumSizeBytes, isFixed)
                guard case .status(let refusal) = answer, refusal.mayPass else { return answer }
                sleep(max(pause, min(.seconds(refusal.retryAfterSeconds ?? 0), patience.longestPause)))
            } catch let error as HubUnreachable where error.mayPass {
                sleep(pause)
            }
            pause *= 2
        }
        let answer = try attempt(url, maximumSizeBytes, isFixed)
        guard case .status(let refusal) = answer, refusal.mayPass else { return answer }
        throw HubUnreachable(
            url: url, reason: "it answered with status \(refusal.status)", remedy: "try again later",
            mayHaveArrived: true)
    }

    private func attempt(_ url: String, _ maximumSizeBytes: Int, _ isFixed: Bool) throws -> FileAnswer {
        do {
            return try begin(url, maximumSizeBytes: maximumSizeBytes, isFixed: isFixed).wait()
        } catch is OversizeBody {
            throw ProofError(
                .unreadableFile, "it has more than the \(maximumSizeBytes) bytes that it can have")
        } catch {
            throw HubUnreachable(error, url: url, profile: profile) ?? error
        }
    }

    private func sleep(_ pause: Duration) { Thread.sleep(forTimeInterval: pause / .seconds(1)) }
}

extension HTTPClient {
    /// The pool for reading logs. It lives as long as the process: there is nothing to shut down.
    static let logs = HTTPClient(readingLogsWithin: .seconds(30), connecting: .seconds(10))

    /// Redirects are not followed: the address that was given is the one that is verified. Nothing is asked
    /// for compressed, and nothing decompressed.
    ///
    /// - Parameter silence: how long a server may send nothing.
    convenience init(readingLogsWithin silence: TimeAmount, connecting: TimeAmount) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: connecting, read: silence),
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.idleTimeout = .seconds(20)
        // What is fetched ahead leaves some for what is waited for.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 24
        configuration.connectionPool.retryConnectionEstablishment = false
        self.init(eventLoopGroup: .singletonMultiThreadedEventLoopGroup, configuration: configuration)
    }
}
