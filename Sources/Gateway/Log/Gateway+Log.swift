internal import AuditLog
internal import Consent
internal import HTTPTypes
internal import HummingbirdCore
internal import MerkleLog
internal import Model

extension Gateway {
    private var log: AuditLog { exchange.parts.log }

    /// C2SP tlog-tiles: the newest published checkpoint.
    func logCheckpoint() -> Answer { note(log.publishedCheckpoint) }

    /// The newest checkpoint that enough witnesses cosigned: while the log grows it is a little behind the
    /// newest one.
    func logWitnessed() throws -> Answer {
        guard let witnessed = log.witnessedCheckpoint else {
            throw ClientFault(.notFound, "not_witnessed", "no checkpoint of this log is witnessed")
        }
        return note(witnessed)
    }

    private func note(_ checkpoint: PublishedCheckpoint) -> Answer {
        var answer = Answer.text(Array(checkpoint.note.utf8), type: "text/plain; charset=utf-8")
        answer.fields[.cacheControl] = "max-age=1"
        return answer
    }

    /// C2SP tlog-tiles: a hash tile, which anyone may have, or an entry bundle, which a supervisor may.
    func logFile(_ call: Call) throws -> Answer {
        let target = call.request.uri.path.dropFirst("/log/".count)
        guard let path = TilePath(String(target)), (path.kind == .entries) == (call.endpoint == .logEntries),
            let bytes = try log.publishedFile(path)
        else {
            throw ClientFault(.notFound, "tile_unknown", "the log has no such tile", found: String(target))
        }
        var answer = Answer.text(bytes, type: "application/octet-stream")
        answer.fields[.cacheControl] = path.isFull ? "max-age=31536000, immutable" : "max-age=60"
        return answer
    }

    /// The inclusion proof of one entry: without a size a C2SP `.tlog-proof` under the newest published
    /// checkpoint; with one the bare proof in the tree of that size, as JSON.
    func logProof(_ call: Call) async throws -> Answer {
        let text = try call.parameter("index")
        guard let index = UInt64(text), index < log.size else {
            throw ClientFault(
                .notFound, "entry_unknown", "the log has no such entry", field: "index", found: text,
                expected: "0 to \(log.size &- 1)")
        }
        guard index >= log.minimumIndex else {
            throw ClientFault(
                .notFound, "entry_pruned", "the log does not keep this entry any more", field: "index",
                found: text, expected: "\(log.minimumIndex) to \(log.size &- 1)")
        }
        let query = try call.query("size")
        let checkpoint = try await log.published(covering: index)
        guard let size = query["size"] else {
            return .text(Array(try log.proof(of: index).text.utf8), type: "text/plain; charset=utf-8")
        }
        guard let size = UInt64(size), index < size, size <= checkpoint.size else {
            throw ClientFault(
                .badInput, "wrong_value", "`size` is not the size of a tree with this entry", field: "size",
                found: size, expected: "\(index + 1) to \(checkpoint.size)")
        }
        let proof = try log.inclusion(of: index, size: size)
        return .json([
            "index": .integer(Int64(index)), "size": .integer(Int64(size)),
            "root": .string(proof.root.base64),
            "hashes": JSON(proof.hashes.map(\.base64)),
        ])
    }
}
