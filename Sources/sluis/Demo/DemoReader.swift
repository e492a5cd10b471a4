import Cryptography
import Foundation
import Model
import NIOHTTP1
import Synchronization

/// Reads a dataset as a consumer does: rows to nowhere, counted and digested.
struct DemoReader: Sendable {
    struct Read: Sendable {
        var rows: Int
        var bytes: Int
        /// The entry of the decision.
        var decision: UInt64?
        var withheld: String?
        /// As the trailer said and the body confirmed.
        var digest: String
    }

    /// Counts and digests the body as it comes.
    private final class Tally: Sendable {
        private let state = Mutex((lines: 0, bytes: 0, digest: SHA256Stream()))

        func add(_ bytes: [UInt8]) {
            state.withLock { state in
                state.lines += bytes.count { $0 == UInt8(ascii: "\n") }
                state.bytes += bytes.count
                state.digest.update(bytes)
            }
        }

        var result: (lines: Int, bytes: Int, digest: String) {
            state.withLock { state in
                (state.lines, state.bytes, "sha-256=:\(Base64.encode(state.digest.finalize())):")
            }
        }
    }

    let client: HubClient
    let token: String
    let dataset: String

    /// - Throws: `HubProblem` if the hub refuses; `Refusal` if the body is not what its digest says.
    func read() async throws -> Read {
        let tally = Tally()
        let answer = try await client.download(
            "/data/\(dataset)",
            headers: ["Authorization": "Bearer \(token)", "Accept": "application/x-ndjson"]
        ) { tally.add($0) }
        let (lines, bytes, digest) = tally.result
        guard answer.trailers.first(name: "Sluis-Status") == "complete",
            answer.trailers.first(name: "Repr-Digest") == digest
        else { throw Refusal("the demo failed: the body is not what its trailers say") }
        return Read(
            rows: lines, bytes: bytes, decision: answer.entry,
            withheld: answer.headers.first(name: "Sluis-Withheld"),
            digest: digest)
    }
}
