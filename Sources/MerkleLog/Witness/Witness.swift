/// A witness: it cosigns a log's checkpoint if it follows the one it cosigned last (C2SP tlog-witness).
///
/// So nobody can be shown a history of the log that others are not shown, unless this key signed both. That
/// rests on the state: it must be stored before an answer leaves. `answer` stores it through its caller
/// before it signs anything, and as it holds the witness exclusively meanwhile, no other request can come
/// between the check and the storing.
///
/// For example, in an actor that owns the file:
///
///     let answer = witness.answer(body, at: now) { state in try file.replace(with: state.serialised) }
public struct Witness: Sendable {
    public let signer: CosignatureSigner
    /// What has been stored.
    public private(set) var state: WitnessState
    /// By the bytes of the origin.
    private var keys: [[UInt8]: [NoteVerifier]] = [:]

    /// - Parameters:
    ///   - logs: those that are watched. Keys of one origin are put together: a signature by any of them will
    ///     do. The state keeps the heads of logs that are no longer among them.
    ///   - state: as it was stored last; the empty one only for a key that has never cosigned.
    public init(signer: CosignatureSigner, logs: [WitnessedLog], state: WitnessState) {
        self.signer = signer
        self.state = state
        for log in logs { keys[Array(log.origin.utf8), default: []] += log.keys }
    }

    /// Answers the body of an add-checkpoint request.
    ///
    /// Statuses: 200 with cosignature lines; 400 not a request, or an old size beyond the checkpoint's; 403
    /// no signature by a key of a known log, or a wrong one (docs/decisions/0009 says why an unknown log is
    /// not 404); 409 with the size of the latest
    /// cosigned checkpoint, if the old size is another or the root differs at the same size; 422 a wrong
    /// consistency proof; 503 the state could not be stored or there is no clock; 500 signing failed.
    /// - Parameters:
    ///   - posixSeconds: now, in seconds since 1970.
    ///   - persist: stores the state durably, or throws. It is called only if the state changes. If it
    ///     throws, nothing is cosigned and the witness goes on from the state before; that the new one may
    ///     have been stored nevertheless does no harm, because nobody has a cosignature for it.
    public mutating func answer(
        _ body: [UInt8], at posixSeconds: UInt64, persist: (WitnessState) throws -> Void
    ) -> WitnessAnswer {
        let request: WitnessRequest
        switch accept(body) {
        case .failure(let refusal): return refusal.answer
        case .success(let accepted): request = accepted
        }
        // A cosignature without a time would say nothing about what is newest.
        guard posixSeconds > 0 else { return .refusal(503, "the witness has no clock") }
        let head = LogHead(size: request.checkpoint.size, root: request.checkpoint.root)
        let next = state.advanced(request.checkpoint.origin, to: head)
        if next != state {
            do { try persist(next) } catch { return .refusal(503, "the witness cannot store its state") }
            state = next
        }
        do { return .cosigned(try signer.sign(request.note.text, at: posixSeconds)) } catch {
            return .refusal(500, "the witness cannot sign")
        }
    }

    private struct Refusal: Error {
        let answer: WitnessAnswer

        init(_ answer: WitnessAnswer) { self.answer = answer }

        /// The message may quote the request.
        init(_ status: Int, _ message: String) {
            answer = .refusal(status, PlainText.of(message.utf8, limit: 200))
        }
    }

    /// The checks of the specification, in its order.
    private func accept(_ body: [UInt8]) -> Result<WitnessRequest, Refusal> {
        Result { () throws(Refusal) in
            let request = try signedRequest(body)
            try checkHistory(request)
            return request
        }
    }

    /// Lines that are no signatures are read only after the origin is known: to such a note the answer is
    /// that no key of the log signed it.
    private func signedRequest(_ body: [UInt8]) throws(Refusal) -> WitnessRequest {
        let parts: (oldSize: UInt64, proof: [TreeHash], note: [UInt8])
        let origin: String
        do throws(ProofError) {
            parts = try WitnessRequest.parts(of: body)
            origin = try Checkpoint(body: Note.parts(of: parts.note).text).origin
        } catch { throw Refusal(400, error.message) }
        guard let keys = keys[Array(origin.utf8)] else { throw Refusal(403, "unknown log") }
        do throws(ProofError) {
            let note = try Note(parts.note)
            _ = try note.verify(keys)
            return try WitnessRequest(oldSize: parts.oldSize, proof: parts.proof, note: note)
        } catch { throw Refusal(403, "invalid signature: " + error.message) }
    }

    private func checkHistory(_ request: WitnessRequest) throws(Refusal) {
        let (checkpoint, known) = (request.checkpoint, state.head(of: request.checkpoint.origin))
        guard request.oldSize <= checkpoint.size else {
            throw Refusal(400, "the old size is beyond the size of the checkpoint")
        }
        guard request.oldSize == known.size else { throw Refusal(.conflict(at: known.size)) }
        guard checkpoint.size > known.size || checkpoint.root == known.root else {
            throw Refusal(.conflict(at: known.size))
        }
        guard known.size > 0 else {
            guard request.proof.isEmpty else {
                throw Refusal(422, "bad consistency proof: from size 0 it is empty")
            }
            return
        }
        do throws(ProofError) {
            try ConsistencyProof.verify(
                request.proof, oldSize: known.size, oldRoot: known.root, size: checkpoint.size,
                root: checkpoint.root)
        } catch { throw Refusal(422, "bad consistency proof: " + error.message) }
    }
}
