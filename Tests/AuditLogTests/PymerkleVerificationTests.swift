import Foundation
import MerkleLog
import Model
import Testing

@testable import AuditLog

@Suite(
    "pymerkle finds our roots and proofs",
    .enabled(
        if: ForeignVerifiers.missingForPymerkle == nil,
        Comment(rawValue: ForeignVerifiers.missingForPymerkle ?? "")),
    .timeLimit(.minutes(20)))
struct PymerkleVerificationTests {
    @Test("At every published size, over all entries", arguments: ClaimedLog.sizes)
    func accepted(size: Int) async throws {
        let log = try await ClaimedLog(size: size)
        let result = try ForeignVerifiers.pymerkle(log.logFolder, log.claimsFile)
        #expect(result == ForeignVerifiers.Result(status: 0, line: log.accepted))
    }

    @Test("It refuses a changed entry and false claims") func refused() async throws {
        let log = try await ClaimedLog(size: 20)
        let bundle = log.logFolder + "/tile/entries/000.p/20"
        let bytes = try log.directory.bytes(bundle)
        for place in [0, 1, 2, bytes.count - 1] {
            var flipped = bytes
            flipped[place] ^= 4
            try log.directory.write(flipped, to: bundle)
            #expect(try ForeignVerifiers.pymerkle(log.logFolder, log.claimsFile).status == 1)
        }
        try log.directory.write(bytes, to: bundle)
        for claim in log.falseClaims {
            try log.directory.write(claim.canonical, to: log.claimsFile)
            let result = try ForeignVerifiers.pymerkle(log.logFolder, log.claimsFile)
            #expect(result.status == 1, "\(claim): \(result)")
        }
        #expect(try ForeignVerifiers.pymerkle(log.logFolder, log.claimsFile + "x").status == 2)
    }
}
