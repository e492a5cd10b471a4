/// A log's side of a witness (C2SP tlog-witness): makes requests for its cosignature and reads its answers.
///
/// It asks from the size that the witness is believed to hold, 0 if unknown, and on `behind` again from
/// there. Sending is the caller's.
public struct WitnessClient: Sendable {
    /// The witness's key; cosignatures by other keys are ignored.
    public let key: CosignatureVerifier

    public init(key: CosignatureVerifier) { self.key = key }

    /// What is sent to ask for a cosignature of `note`.
    ///
    /// - Parameters:
    ///   - note: our newest checkpoint, signed by us.
    ///   - oldSize: of the checkpoint that the witness cosigned last; 0 if none, or if nobody knows.
    ///   - nodes: of our tree, with at least as many leaves as the checkpoint.
    /// - Throws: `ProofError` with `malformedCheckpoint`, or `historyLost` for an `oldSize` that we have not
    ///   reached; what `nodes` throws.
    public func request(
        note: Note, oldSize: UInt64, nodes: some NodeSource
    ) throws -> WitnessRequest {
        let size = try Checkpoint(body: note.text).size
        guard oldSize <= size else {
            throw ProofError(
                .historyLost, "the witness `\(key.name)` knows \(oldSize) entries of our log; we have \(size)"
            )
        }
        let proof = oldSize == 0 ? [] : try ConsistencyProof.make(oldSize: oldSize, size: size, nodes: nodes)
        return try WitnessRequest(oldSize: oldSize, proof: proof, note: note)
    }

    /// What an answer to `request` means. It is believed only as far as it can be checked.
    public func outcome(of answer: WitnessAnswer, to request: WitnessRequest) -> WitnessOutcome {
        guard answer.body.count <= WitnessRequest.maximumSizeBytes else {
            return .refused(status: answer.status, message: "the answer is too long")
        }
        return switch answer.status {
        case 200: cosigned(answer, request)
        case 409: conflict(answer, request)
        default: .refused(status: answer.status, message: PlainText.of(answer.body, limit: 500))
        }
    }

    private func cosigned(_ answer: WitnessAnswer, _ request: WitnessRequest) -> WitnessOutcome {
        let refused = { (message: String) in WitnessOutcome.refused(status: 200, message: message) }
        do throws(ProofError) {
            let note = try Note(Array((request.note.text + "\n").utf8) + answer.body)
            // An empty line in the answer would move the border between text and signatures.
            guard note.text.hasSameBytes(as: request.note.text) else {
                return refused("the answer is not signature lines")
            }
            guard let cosignature = try key.cosignature(on: note) else {
                return refused("the answer has no cosignature by `\(key.name)`")
            }
            guard cosignature.posixSeconds > 0 else { return refused("the cosignature has no time") }
            return .cosigned(cosignature)
        } catch { return refused(error.message) }
    }

    private func conflict(_ answer: WitnessAnswer, _ request: WitnessRequest) -> WitnessOutcome {
        let size = request.checkpoint.size
        let type = answer.contentType.prefix { $0 != ";" && $0 != " " }
        let digits = answer.body.last == UInt8(ascii: "\n") ? answer.body.dropLast() : []
        guard type.lowercased() == WitnessAnswer.sizeType, let known = UInt64(canonical: digits) else {
            return .refused(status: 409, message: "the answer does not tell the size it knows")
        }
        if known > size { return .historyLost(witnessSize: known) }
        if known != request.oldSize { return .behind(witnessSize: known) }
        // It was asked from the size that it knows. At our size that means another root; below it, nothing.
        return known == size
            ? .otherRoot
            : .refused(status: 409, message: "the answer repeats the size that it was asked from")
    }
}
