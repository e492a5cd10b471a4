import Foundation
import MerkleLog
import Model

/// The auditor of the demo: has the log's folder and its public key, and nothing else of the hub.
struct DemoAuditor {
    let hub: DemoHub
    let narrator: Narrator

    func audit(decision: UInt64?) async throws {
        guard let decision else { throw Refusal("the demo failed: the read had no entry") }
        let vkey = try String(contentsOfFile: hub.directory.logVerifierKey, encoding: .utf8)
        let key = try NoteVerifier(vkey: vkey.trimmingCharacters(in: .whitespacesAndNewlines))
        let proof = try await hub.operatorClient.call(.get, "/log/proof/\(decision)", on: .people)
        let files = try LogDirectory(hub.directory.log)
        let verdict = LogVerifier(files: files, log: key).verify()
        guard case .verified(let size, let root, _) = verdict else {
            throw Refusal("the demo failed: the log does not verify: \(verdict)")
        }
        try narrator.tell(
            "an auditor verifies the whole log offline, with its public key alone",
            ["entries": .integer(Int64(size)), "root": .string(root.base64)])
        let entry = try HubLog(directory: hub.directory.path).entry(decision)
        let checkpoint = try TlogProof(proof.bytes).verify(entry: entry, log: key)
        try narrator.tell(
            "and checks the proof of the decision to let the authority read",
            [
                "decision": try JSON.parse(entry)["decision"] ?? .null,
                "proven_in_a_log_of": .integer(Int64(checkpoint.size)),
            ], entry: decision)
    }
}
