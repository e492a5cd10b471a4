@testable import MerkleLog
import Testing

@Suite struct CancelledTests {
    /// A verdict is about the log: that nobody waits for it any more says nothing against it.
    @Test func aCancelledTaskStillGetsTheRightVerdict() async throws {
        let log = try WorkersTests.log()
        let (files, key) = (log.files, log.verifier)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            let verifier = LogVerifier(files: files, log: key)
            return [verifier.verify(), await verifier.verify(workers: 2).verdict]
        }
        for verdict in await task.value { #expect(verdict.verifiedSize == 70_000) }
    }
}
