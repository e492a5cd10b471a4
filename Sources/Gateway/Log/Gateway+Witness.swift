internal import AuditLog
internal import Consent
internal import HTTPTypes
internal import MerkleLog
internal import Model

extension Gateway {
    /// C2SP tlog-witness: cosigns the checkpoint of a log that this hub watches, if it follows the last one.
    func addCheckpoint(_ call: Call) async throws -> Answer {
        guard let witness = parts.witness else {
            throw ClientFault(.notFound, "no_witness", "this hub is no witness for other logs")
        }
        let body = try await call.body(upTo: WitnessRequest.maximumSizeBytes)
        let seconds = UInt64(max(0, exchange.now.milliseconds / 1000))
        let answer = await witness.answer(body, at: seconds)
        return Answer(
            status: HTTPResponse.Status(code: answer.status), fields: [.contentType: answer.contentType],
            body: answer.body)
    }
}
