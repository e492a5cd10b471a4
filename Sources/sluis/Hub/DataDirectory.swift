import Foundation
import Model

/// Where everything of a hub lies (INTERFACES section 2).
struct DataDirectory: Sendable {
    let path: String

    init(_ path: String) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    var configuration: String { path + "/sluis.yaml" }
    var lock: String { path + "/lock" }
    var database: String { path + "/hub.db" }
    var authority: String { path + "/ca.pem" }
    var logVerifierKey: String { path + "/log.vkey" }
    /// The search index over the log: derived, and built anew where it is missing.
    var index: String { path + "/index.db" }
    var run: String { path + "/run.json" }
    /// What this hub has cosigned as a witness for other logs.
    var witnessState: String { path + "/witness.json" }
    var keys: String { path + "/keys" }
    var datasets: String { path + "/data" }
    var log: String { path + "/log" }
    /// A successor of the log that is not in its place yet.
    var succession: String { path + "/succession" }
    var operatorProfile: String { path + "/profiles/operator" }

    /// A private key, PKCS#8 PEM, readable by its owner alone.
    func key(_ name: KeyName) -> String { "\(keys)/\(name.rawValue).pem" }
    /// The server's certificate.
    var serverCertificate: String { keys + "/server-certificate.pem" }

    enum KeyName: String, CaseIterable {
        /// Ed25519: signs checkpoints. Lost: the log can go on only under a new name. Stolen: the thief can
        /// sign another history, which witnesses would notice.
        case log
        /// Ed25519: cosigns the checkpoints of other logs. Stolen: the thief can vouch for two histories of
        /// one of them.
        case witness
        /// P-256: signs tokens and agreements. Stolen: the thief can make tokens until the key is changed.
        case hub
        /// P-256: the development authority. Stolen: the thief can connect, but is nobody until registered.
        case authority
        /// P-256: TLS.
        case server
    }

    /// The folders that `sluis init` makes, with their modes.
    static let folders: [(name: String, mode: Int)] = [
        ("keys", 0o700), ("journal", 0o700), ("log", 0o755), ("data", 0o700), ("side", 0o700),
        ("profiles", 0o700),
    ]

    /// Refuses a directory that `sluis init` did not make.
    func requireInitialised() throws {
        guard FileManager.default.fileExists(atPath: database) else {
            throw ClientFault(
                .badInput, "not_a_hub", "`\(path)` is not a hub's data directory", field: "--data",
                found: path,
                remedy: "make one with `sluis init --data \(path)`")
        }
    }

    /// Refuses a directory in which a successor of the log is not in its place yet.
    func requireSettled() throws {
        guard !FileManager.default.fileExists(atPath: succession) else {
            throw ClientFault(
                .conflict, "succession_unfinished", "a successor of the log was not put in its place",
                field: "--data", found: succession, remedy: "run `sluis log succeed --data \(path)` again")
        }
    }
}
