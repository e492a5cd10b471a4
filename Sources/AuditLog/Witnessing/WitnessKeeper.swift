internal import Dispatch
public import MerkleLog
internal import Synchronization

/// This hub as a witness for other logs (C2SP tlog-witness): a `Witness` whose state is on disk before any
/// cosignature leaves.
public final class WitnessKeeper: Sendable {
    private let path: String
    private let folder: String
    private let system: any FileSystem
    private let witness: Mutex<Witness>
    private let queue = DispatchQueue(label: "sluis.witness")

    /// The content of the state's file before anything was cosigned. It is written once, with the key: a
    /// witness that began anew with its old key could cosign a second history.
    public static let emptyState = WitnessState().serialised

    /// - Parameters:
    ///   - path: of the state's file.
    ///   - logs: those that are watched.
    /// - Throws: `LogError` if the state is missing or is not one that this program wrote.
    public convenience init(path: String, signer: CosignatureSigner, logs: [WitnessedLog]) throws(LogError) {
        try self.init(path: path, signer: signer, logs: logs, in: SystemFiles())
    }

    init(path: String, signer: CosignatureSigner, logs: [WitnessedLog], in system: any FileSystem)
        throws(LogError)
    {
        guard let bytes = try system.read(path) else {
            throw LogError(
                .historyMismatch,
                "`\(path)` is missing; put it back: without it the witness could cosign two histories")
        }
        let state: WitnessState
        do { state = try WitnessState(serialised: bytes) } catch {
            throw LogError(.historyMismatch, "`\(path)` is not the state of a witness: \(error)")
        }
        self.path = path
        self.system = system
        folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
            separator: "/")
        witness = Mutex(Witness(signer: signer, logs: logs, state: state))
    }

    /// Answers the body of an add-checkpoint request, one request at a time.
    ///
    /// - Parameter posixSeconds: now, in seconds since 1970.
    public func answer(_ body: [UInt8], at posixSeconds: UInt64) async -> WitnessAnswer {
        await withCheckedContinuation { continuation in
            queue.async {
                let answer = self.witness.withLock { witness in
                    witness.answer(body, at: posixSeconds) { state in try self.store(state) }
                }
                continuation.resume(returning: answer)
            }
        }
    }

    private func store(_ state: WitnessState) throws(LogError) {
        try system.replace(path, with: state.serialised, through: path + ".new", durably: true, mode: 0o600)
        try system.synchroniseDirectory(folder)
    }
}
