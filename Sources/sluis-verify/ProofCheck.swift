import MerkleLog
import Model

/// Verifies that one entry is in a log, with nothing but its proof.
struct ProofCheck {
    let proofFile: String
    let entryFile: String

    /// - Throws: a fault if a file cannot be read.
    func outcome(_ log: NoteVerifier) throws -> VerificationReport.Outcome {
        let proofBytes = try InputFile.read(
            proofFile, option: "--proof", maximumSizeBytes: TlogProof.maximumSizeBytes)
        let entry = try InputFile.read(
            entryFile, option: "--entry", maximumSizeBytes: EntryBundle.maximumEntryBytes)
        var index: UInt64 = 0
        do {
            let proof = try TlogProof(proofBytes)
            index = proof.index
            return .entry(index: index, under: try proof.verify(entry: entry, log: log))
        } catch {
            return .failedEntry(LogFailure(subject(of: error), at: index, error.message))
        }
    }

    private func subject(of error: ProofError) -> LogFailure.Subject {
        switch error.code {
        case .badSignature, .unknownSigner: .signature
        case .malformedNote, .malformedCheckpoint, .wrongOrigin: .checkpoint
        case .wrongRoot: .entry(in: entryFile)
        default: .file(proofFile)
        }
    }
}
