import AsyncHTTPClient
import Cryptography
import Foundation
import MerkleLog
import Model
import NIOCore
import NIOHTTP1
import Synchronization

@testable import RemoteHub

/// A log that a small HTTPS server serves under `/log/`, as truly as a test wants.
final class ServedLog: Sendable {
    typealias Answer = AnsweringServer.Answer

    private struct State {
        var writer = TileWriter()
        var files: [String: [UInt8]] = [:]
        /// What is answered instead of a file, the first answer first.
        var answers: [String: [Answer]] = [:]
        var asked: [String: Int] = [:]
        /// Called once, before the answer to a path.
        var events: [String: @Sendable () -> Void] = [:]
        /// They end when nobody holds them.
        var servers: [AnsweringServer] = []
    }

    /// For tests in which a server says nothing.
    static let impatient = HTTPClient(readingLogsWithin: .milliseconds(400), connecting: .seconds(5))

    let signer: NoteSigner
    let scratch = ScratchFolder()
    private let state: Mutex<State>

    init(entries count: Int) throws {
        signer = try NoteSigner(name: "hub.example/log", key: .generate(.ed25519))
        state = Mutex(State())
        try append(count)
    }

    var key: NoteVerifier { get throws { try NoteVerifier(vkey: signer.vkey) } }

    var size: UInt64 { state.withLock { $0.writer.size } }

    /// How often each file was asked for.
    var asked: [String: Int] { state.withLock { $0.asked } }

    func append(_ count: Int) throws {
        try state.withLock { state in
            for _ in 0..<count {
                let entry: JSON = [
                    "at": "2026-11-22T07:00:00.000Z", "seq": .integer(Int64(state.writer.size)), "v": 1,
                ]
                try state.writer.append(entry.canonical)
            }
            for file in state.writer.publish() { state.files[file.path.path] = file.bytes }
            let checkpoint = Checkpoint(
                origin: signer.name, size: state.writer.size, root: state.writer.root)
            state.files["checkpoint"] = Array(try checkpoint.signed(by: [signer]).utf8)
        }
    }

    func file(_ path: String) -> [UInt8]? { state.withLock { $0.files[path] } }

    func replace(_ path: String, with bytes: [UInt8]?) { state.withLock { $0.files[path] = bytes } }

    /// The next requests for a file get these answers; later ones get the file.
    func answer(_ path: String, with answers: Answer...) {
        state.withLock { $0.answers[path, default: []] += answers }
    }

    func forgetAnswers() { state.withLock { $0.answers = [:] } }

    /// Before the next answer to a request for the file.
    func whenAsked(for path: String, _ event: @escaping @Sendable () -> Void) {
        state.withLock { $0.events[path] = event }
    }

    func server(asksCertificate: Bool = false) async throws -> AnsweringServer {
        let server = try await AnsweringServer(asksCertificate: asksCertificate) { [weak self] head in
            self?.answer(to: head) ?? Answer(status: .notFound)
        }
        state.withLock { $0.servers.append(server) }
        return server
    }

    private func answer(to head: HTTPRequestHead) -> Answer {
        guard head.uri.hasPrefix("/log/"), head.headers["Accept-Encoding"].isEmpty else {
            return Answer(status: .notFound)
        }
        let path = String(head.uri.dropFirst("/log/".count))
        state.withLock { $0.events.removeValue(forKey: path) }?()
        return state.withLock { state in
            state.asked[path, default: 0] += 1
            if let answer = state.answers[path]?.first {
                state.answers[path]?.removeFirst()
                return answer
            }
            guard let bytes = state.files[path] else { return Answer(status: .notFound) }
            return Answer(pieces: [bytes])
        }
    }

    /// The log as the server serves it.
    ///
    /// - Parameter path: of the address.
    func remote(
        _ server: AnsweringServer, path: String = "/log", profile: Profile? = nil, http: HTTPClient = .logs,
        limits: ReadAhead.Limits = .init()
    ) throws -> RemoteLog {
        let authority = try scratch.file("ca-\(UUID()).pem", server.authority.certificate.pem)
        return try RemoteLog(
            url: server.origin + path, authorityFile: profile == nil ? authority : nil, profile: profile,
            http: http, patience: .init(firstPause: .milliseconds(5), longestPause: .milliseconds(50)),
            limits: limits)
    }

    func verify(_ remote: RemoteLog, workers: Int = 2) async throws -> LogVerifier.Outcome {
        var verifier = LogVerifier(files: remote, log: try key)
        verifier.readsEntries = remote.mayReadEntries
        return await verifier.verify(workers: workers)
    }
}

extension LogVerifier.Outcome {
    var line: String { verdict.description }
}
