import AsyncHTTPClient
import Model
import NIOCore
import NIOHTTP1
import Synchronization

/// Takes in the answer to one request for a file, on the connection's event loop.
///
/// It never holds more than the largest file of the kind: a longer body ends the connection.
final class FileDelegate: HTTPClientResponseDelegate {
    typealias Response = FileAnswer

    private struct State {
        var head: HTTPResponseHead?
        var bytes: [UInt8] = []
    }

    /// Ends the request, for an answer of which enough is known.
    private struct Answered: Error {
        let answer: FileAnswer
    }

    /// Of the body of an error; more is not looked at.
    private static let maximumProblemBytes = 16 << 10

    private let maximumSizeBytes: Int
    private let receive: @Sendable (Int) -> Bool
    private let state = Mutex(State())

    /// - Parameter receive: told how many bytes of the file arrive; false to give it up.
    init(maximumSizeBytes: Int, receive: @escaping @Sendable (Int) -> Bool) {
        self.maximumSizeBytes = maximumSizeBytes
        self.receive = receive
    }

    /// What a failed request comes to, if the failure was ours because the answer is known.
    static func answer(in error: any Error) -> FileAnswer? { (error as? Answered)?.answer }

    func didReceiveHead(task: HTTPClient.Task<FileAnswer>, _ head: HTTPResponseHead) -> EventLoopFuture<Void>
    {
        let length = head.headers.first(name: "Content-Length").flatMap { Int($0) } ?? 0
        guard head.status != .ok || length <= maximumSizeBytes else {
            return task.eventLoop.makeFailedFuture(OversizeBody())
        }
        state.withLock { $0.head = head }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<FileAnswer>, _ buffer: ByteBuffer) -> EventLoopFuture<Void>
    {
        do {
            try take(buffer)
            return task.eventLoop.makeSucceededVoidFuture()
        } catch {
            return task.eventLoop.makeFailedFuture(error)
        }
    }

    private func take(_ buffer: ByteBuffer) throws {
        let isFile = state.withLock { $0.head?.status == .ok }
        if isFile, !receive(buffer.readableBytes) { throw FetchGivenUp() }
        let isTooLong = state.withLock { state in
            let limit = isFile ? maximumSizeBytes : Self.maximumProblemBytes
            guard buffer.readableBytes <= limit - state.bytes.count else { return true }
            state.bytes += buffer.readableBytesView
            return false
        }
        guard isTooLong else { return }
        throw isFile ? OversizeBody() : Answered(answer: answer)
    }

    func didFinishRequest(task: HTTPClient.Task<FileAnswer>) throws -> FileAnswer { answer }

    private var answer: FileAnswer {
        state.withLock { state in
            guard let head = state.head, head.status != .ok else { return .file(state.bytes) }
            return .status(
                FileAnswer.Refusal(
                    status: Int(head.status.code),
                    detail: (try? JSON.parse(state.bytes))?["detail"]?.string,
                    retryAfterSeconds: head.headers.first(name: "Retry-After").flatMap { Int($0) }))
        }
    }
}
