import AuditLog
import Foundation
import Logging
import MerkleLog
import Model
import ServiceLifecycle

/// The hub among witnesses: what it cosigns for others, and who cosigns its own log.
struct Witnessing: Service {
    /// This hub as a witness; nil if it watches no log.
    let keeper: WitnessKeeper?
    private let collector: CosignatureCollector?
    private let transport: WitnessTransport?

    init(_ directory: DataDirectory, _ configuration: Configuration, log: AuditLog, logger: Logger) throws {
        keeper = try Self.keeper(directory, configuration)
        guard let file = configuration.witnessPolicy else {
            (collector, transport) = (nil, nil)
            return
        }
        let policy = try Self.policy(file)
        let transport = try WitnessTransport(authority: configuration.witnessAuthority)
        self.transport = transport
        collector = CosignatureCollector(log: log, policy: policy, send: transport.post) { event in
            switch event {
            case .refused(let witness, let reason):
                logger.warning(
                    "a witness does not cosign", metadata: ["witness": "\(witness)", "reason": "\(reason)"])
            case .witnessed(let size): logger.debug("the log is witnessed", metadata: ["size": "\(size)"])
            }
        }
    }

    /// Refuses to go on with a log of which a witness knows more, or another history.
    func checkHistory() async throws { try await collector?.checkHistory() }

    func run() async {
        await cancelWhenGracefulShutdown {
            if let collector {
                await collector.run()
            } else {
                try? await gracefulShutdown()
            }
        }
        await transport?.close()
    }

    private static func keeper(_ directory: DataDirectory, _ configuration: Configuration) throws
        -> WitnessKeeper?
    {
        guard !configuration.witnessLogs.isEmpty else { return nil }
        let logs = try configuration.witnessLogs.map { try WitnessedLog(vkey: $0) }
        let signer = try CosignatureSigner.ofHub(directory, host: configuration.host)
        return try WitnessKeeper(path: directory.witnessState, signer: signer, logs: logs)
    }

    private static func policy(_ file: String) throws -> WitnessPolicy {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw ClientFault(
                .badInput, "missing_file", "the witness policy cannot be read", field: "witness.policy",
                found: file)
        }
        do { return try WitnessPolicy(Array(bytes)) } catch {
            throw ClientFault(
                .badInput, "bad_policy", "`\(file)` is no witness policy: \(error)", field: "witness.policy")
        }
    }
}
