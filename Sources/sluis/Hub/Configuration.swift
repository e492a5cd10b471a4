import Cryptography
import Foundation
import Gateway
import MerkleLog
import Model
import Yams

/// What the operator sets in `sluis.yaml` or, stronger, as `SLUIS_KEY` in the environment.
struct Configuration: Equatable {
    /// The hub's name, in the log's origin and in IRIs; fixed by `sluis init`.
    var host = "localhost"
    /// Where people and machines connect.
    var people = Address(host: "127.0.0.1", port: 8443)
    var machines = Address(host: "127.0.0.1", port: 8444)
    /// How long a connection may wait for its client.
    var patienceSeconds: Int64 = 60
    /// How long running answers may take when the hub is asked to stop; then they are cut.
    var drainSeconds: Int64 = 30
    /// Below so much free room on the disk nothing new is decided; nil for 1 GiB or a fiftieth of the disk,
    /// whichever is less.
    var diskReserveBytes: Int?
    /// How much room copies of datasets in the fields that are read again and again may take; 0 for none.
    var projectionBytes = 1 << 30
    /// Files with further keys of the log, Ed25519, PKCS#8 PEM: they sign each checkpoint too, under the
    /// log's name.
    var logKeys: [String] = []
    /// The verifier keys of the logs that this hub witnesses.
    var witnessLogs: [String] = []
    /// A file with the C2SP tlog-policy of the witnesses that cosign this hub's log.
    var witnessPolicy: String?
    /// A file with certificates of authorities, PEM: clients may come with theirs, and register with them;
    /// nil for the development authority of `sluis init`.
    var clientAuthority: String?
    /// A file with certificates of authorities, PEM: witnesses are believed under these and the system's.
    var witnessAuthority: String?
    /// Where connected datasets may be read, and whose; none unless the operator says.
    var upstreamOrigins: [Upstream.Permission] = []
    /// A file with certificates of authorities, PEM: upstreams are believed under these and the system's.
    var upstreamAuthority: String?
    /// Files with what the hub shows to upstreams that ask who it is, PEM: both or none.
    var upstreamCertificate: String?
    var upstreamKey: String?
    /// How long an upstream may send nothing while it is waited for.
    var upstreamPatienceSeconds: Int64 = 30
    /// What is read of one upstream at most, before and after unpacking.
    var upstreamMaximumBytes = 64 << 30
    /// How much one organisation may take of one dataset, and how often it may ask for tokens.
    var limits = UsageLimits()
    /// Whether answers with data carry their digest, and their entries a commitment to it: `on` or `off`.
    var makesDigests = true
    /// How many threads serve connections; nil for as many as there are processors.
    var eventLoops: Int?
    /// Of the operator's log on stderr: trace, debug, info, notice, warning, error, critical.
    var logLevel = "warning"

    typealias Address = GatewayServer.Address

    static let keys = [
        "host", "people", "machines", "patience_seconds", "drain_seconds", "disk_reserve_bytes",
        "projection_bytes", "clients.ca", "log.keys", "witness.logs", "witness.policy", "witness.ca",
        "upstream.origins",
        "upstream.ca", "upstream.certificate", "upstream.key", "upstream.patience_seconds",
        "upstream.max_bytes", "limits.requests_per_minute", "limits.bytes_per_minute", "limits.streams",
        "limits.tokens_per_minute", "event_loops", "digest", "log_level",
    ]

    /// Reads the file, then the environment. An unknown key in the file is an error; an unknown variable is
    /// not.
    static func load(_ path: String, environment: [String: String]) throws -> Configuration {
        var configuration = Configuration()
        for (key, value) in try file(path).sorted(by: { $0.key < $1.key }) {
            guard keys.contains(key) else {
                let nearest = keys.min { distance($0, key) < distance($1, key) } ?? ""
                throw ClientFault(
                    .badInput, "configuration_unknown", "`\(key)` is no configuration key", field: key,
                    found: path,
                    expected: keys.joined(separator: ", "), remedy: "did you mean `\(nearest)`?")
            }
            try configuration.set(key, value)
        }
        for key in keys {
            if let value = environment[variable(key)] { try configuration.set(key, value) }
        }
        return configuration
    }

    /// A key's name in the environment: `SLUIS_WITNESS_LOGS` for `witness.logs`.
    static func variable(_ key: String) -> String {
        "SLUIS_" + key.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
    }

    /// The further keys of the log of this name.
    func furtherSigners(of name: String) throws -> [NoteSigner] {
        try logKeys.map { try NoteSigner(name: name, key: PrivateKey(pem: PrivateFiles.read($0))) }
    }

    /// `HOST:PORT`.
    static func address(_ text: String, field: String) throws(ClientFault) -> Address {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 2, let port = parts.last.flatMap({ Int($0) }), (0...65_535).contains(port) else {
            throw ClientFault(
                .badInput, "bad_address", "not an address to listen on", field: field, found: text,
                expected: "HOST:PORT such as 127.0.0.1:8443")
        }
        let host = parts.dropLast().joined(separator: ":").filter { $0 != "[" && $0 != "]" }
        return Address(host: host, port: port)
    }

    private mutating func set(_ key: String, _ value: String) throws(ClientFault) {
        switch key {
        case "host":
            guard Configuration.isHostName(value) else {
                throw ClientFault(
                    .badInput, "bad_host", "not a host name", field: key, found: value,
                    expected: "letters, digits, dots and hyphens")
            }
            host = value
        case "people": people = try Self.address(value, field: key)
        case "machines": machines = try Self.address(value, field: key)
        case "patience_seconds": patienceSeconds = try Self.seconds(value, key)
        case "drain_seconds": drainSeconds = try Self.seconds(value, key)
        case "clients.ca": clientAuthority = value
        case "log.keys": logKeys = value.split(separator: ",").map { $0.filter { $0 != " " } }
        case "witness.logs": witnessLogs = try Self.verifierKeys(value, key)
        case "witness.policy": witnessPolicy = value
        case "witness.ca": witnessAuthority = value
        case "upstream.origins": upstreamOrigins = try Self.origins(value, key)
        case "upstream.ca": upstreamAuthority = value
        case "upstream.certificate": upstreamCertificate = value
        case "upstream.key": upstreamKey = value
        case "upstream.patience_seconds": upstreamPatienceSeconds = try Self.seconds(value, key)
        case "upstream.max_bytes": upstreamMaximumBytes = try Self.bytes(value, key)
        case "limits.requests_per_minute": limits.requestsPerMinute = try Self.count(value, key)
        case "limits.bytes_per_minute": limits.bytesPerMinute = try Self.count(value, key)
        case "limits.streams": limits.streams = try Self.count(value, key)
        case "limits.tokens_per_minute": limits.tokensPerMinute = try Self.count(value, key)
        case "event_loops": eventLoops = try Self.threads(value, key)
        case "digest":
            // YAML 1.1 takes `on` and `off` for truth values.
            guard let isOn = ["on": true, "true": true, "off": false, "false": false][value] else {
                throw ClientFault(
                    .badInput, "bad_switch", "neither on nor off", field: key, found: value,
                    expected: "on or off")
            }
            makesDigests = isOn
        case "disk_reserve_bytes": diskReserveBytes = try Self.bytes(value, key)
        case "projection_bytes": projectionBytes = try Self.bytes(value, key)
        default:
            let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
            guard levels.contains(value) else {
                throw ClientFault(
                    .badInput, "bad_log_level", "not a level", field: key, found: value,
                    expected: levels.joined(separator: ", "))
            }
            logLevel = value
        }
    }

    private static func bytes(_ text: String, _ key: String) throws(ClientFault) -> Int {
        guard let bytes = Int(text), bytes >= 0 else {
            throw ClientFault(
                .badInput, "bad_size", "not a size", field: key, found: text,
                expected: "a number of bytes such as 1073741824")
        }
        return bytes
    }

    private static func count(_ text: String, _ key: String) throws(ClientFault) -> Int {
        guard let count = Int(text), (0...1 << 40).contains(count) else {
            throw ClientFault(
                .badInput, "bad_limit", "not a limit", field: key, found: text,
                expected: "a whole number; 0 for no limit")
        }
        return count
    }

    private static func threads(_ text: String, _ key: String) throws(ClientFault) -> Int {
        guard let count = Int(text), (1...1024).contains(count) else {
            throw ClientFault(
                .badInput, "bad_threads", "not a number of threads", field: key, found: text,
                expected: "1 to 1024")
        }
        return count
    }

    private static func seconds(_ text: String, _ key: String) throws(ClientFault) -> Int64 {
        guard let seconds = Int64(text), (1...3600).contains(seconds) else {
            throw ClientFault(
                .badInput, "bad_seconds", "not a time to wait", field: key, found: text,
                expected: "1 to 3600 seconds")
        }
        return seconds
    }

    /// Keys with commas between them; a list in the file comes so too.
    private static func verifierKeys(_ text: String, _ key: String) throws(ClientFault) -> [String] {
        try text.split(separator: ",").map { part throws(ClientFault) in
            let vkey = part.filter { $0 != " " }
            do { _ = try WitnessedLog(vkey: vkey) } catch {
                throw ClientFault(
                    .badInput, "bad_key", "not the verifier key of a log: \(error)", field: key, found: vkey,
                    expected: "`NAME+KEYID+BASE64`, as `sluis log vkey` prints it")
            }
            return vkey
        }
    }

    private static func origins(
        _ text: String, _ key: String
    ) throws(ClientFault) -> [Upstream.Permission] {
        try text.split(separator: ",").map { part throws(ClientFault) in
            let text = part.filter { $0 != " " }
            guard let permission = Upstream.Permission(text) else {
                throw ClientFault(
                    .badInput, "bad_origin", "this does not say whose datasets are read where", field: key,
                    found: text,
                    expected: "PROVIDER=https://HOST or PROVIDER=https://HOST:PORT in lower case; http of"
                        + " this machine alone")
            }
            return permission
        }
    }

    static func isHostName(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 45
                    || $0 == 46
            }
    }

    private static func file(_ path: String) throws -> [String: String] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw ClientFault(.badInput, "configuration_missing", "`\(path)` cannot be read", found: path)
        }
        let loaded: Any?
        do {
            loaded = try Yams.load(yaml: text)
        } catch {
            throw ClientFault(.badInput, "bad_configuration", "`\(path)` is not YAML: \(error)", found: path)
        }
        guard let loaded else { return [:] }
        guard let values = loaded as? [String: Any] else {
            throw ClientFault(.badInput, "bad_configuration", "`\(path)` is not a mapping of keys to values")
        }
        return flat(values)
    }

    /// `witness: {logs: [a, b]}` as `witness.logs` with `a,b`.
    private static func flat(_ values: [String: Any]) -> [String: String] {
        var flat: [String: String] = [:]
        for (key, value) in values {
            if let group = value as? [String: Any] {
                for (name, inner) in self.flat(group) { flat["\(key).\(name)"] = inner }
            } else if let list = value as? [Any] {
                flat[key] = list.map { "\($0)" }.joined(separator: ",")
            } else {
                flat[key] = "\(value)"
            }
        }
        return flat
    }

    /// Levenshtein distance, for suggestions.
    private static func distance(_ a: String, _ b: String) -> Int {
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var previous = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let cost = x == y ? previous : min(previous, row[j], row[j + 1]) + 1
                previous = row[j + 1]
                row[j + 1] = cost
            }
        }
        return row[b.count]
    }
}
