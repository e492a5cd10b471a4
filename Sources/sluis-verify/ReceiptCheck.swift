import MerkleLog
import Model

/// Verifies what somebody was handed: a reader's receipt against the log and the body, or the evidence of a
/// grant, which brings its proofs.
struct ReceiptCheck {
    let file: String
    let bodyFile: String?

    /// The two are told apart by their first byte: evidence is a JSON object.
    ///
    /// - Parameter logCheck: of the log that a reader's receipt is held against.
    /// - Throws: a fault if a file cannot be read, or an option is missing or does not belong.
    func outcome(_ log: NoteVerifier, logCheck: LogCheck?) async throws -> VerificationReport.Outcome {
        let bytes = try InputFile.read(
            file, option: "--receipt", maximumSizeBytes: GrantEvidence.maximumSizeBytes)
        if bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{") {
            guard logCheck == nil, bodyFile == nil else {
                throw ClientFault(
                    .badInput, "needless_option", "the evidence of a grant is verified without a log",
                    field: "--receipt", remedy: "leave out --dir or --url, and --body")
            }
            return evidence(bytes, log)
        }
        guard let logCheck, let bodyFile else {
            throw ClientFault(
                .badInput, "missing_option", "a reader's receipt is held against the log and the body",
                field: "--receipt", remedy: "give --dir or --url, and --body")
        }
        guard logCheck.readsEntries else {
            throw ClientFault(
                .badInput, "entries_needed", "a reader's receipt is held against entries",
                field: "--receipt", remedy: "give the profile of a supervisor with --profile")
        }
        return try await read(bytes, bodyFile: bodyFile, log, logCheck)
    }

    private func evidence(_ bytes: [UInt8], _ log: NoteVerifier) -> VerificationReport.Outcome {
        do throws(ProofError) {
            let evidence = try GrantEvidence(bytes)
            do throws(LogFailure) {
                return .evidence(evidence, under: try evidence.verify(under: log, named: file))
            } catch {
                return .failedEntry(error)
            }
        } catch {
            return .failedEntry(LogFailure(.file(file), at: 0, error.message))
        }
    }

    private func read(_ bytes: [UInt8], bodyFile: String, _ log: NoteVerifier, _ logCheck: LogCheck)
        async throws -> VerificationReport.Outcome
    {
        let receipt: ReadReceipt
        do throws(ProofError) { receipt = try ReadReceipt(bytes) } catch {
            return .failedEntry(LogFailure(.file(file), at: 0, error.message))
        }
        let digest = try InputFile.digest(bodyFile, option: "--body")
        let outcome = try await logCheck.verify(log)
        guard case .verified(_, _, let checkpoint) = outcome.verdict else { return .log(outcome) }
        let verifier = LogVerifier(files: logCheck.files, log: log)
        do throws(LogFailure) {
            try verifier.check(receipt, bodyDigest: digest, under: checkpoint)
        } catch {
            try logCheck.throwTrouble()
            return .failedEntry(error)
        }
        return .receipt(receipt, in: outcome, under: checkpoint)
    }
}
