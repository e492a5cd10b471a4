import Foundation
import Gateway
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
    /// Of the operator's log on stderr: trace, debug, info, notice, warning, error, critical.
    var logLevel = "warning"

    typealias Address = GatewayServer.Address

    static let keys = [
        "host", "people", "machines", "patience_seconds", "drain_seconds", "disk_reserve_bytes", "log_level",
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
            if let value = environment["SLUIS_" + key.uppercased()] { try configuration.set(key, value) }
        }
        return configuration
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
        case "disk_reserve_bytes":
            guard let bytes = Int(value), bytes >= 0 else {
                throw ClientFault(
                    .badInput, "bad_size", "not a size", field: key, found: value,
                    expected: "a number of bytes such as 1073741824")
            }
            diskReserveBytes = bytes
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

    private static func seconds(_ text: String, _ key: String) throws(ClientFault) -> Int64 {
        guard let seconds = Int64(text), (1...3600).contains(seconds) else {
            throw ClientFault(
                .badInput, "bad_seconds", "not a time to wait", field: key, found: text,
                expected: "1 to 3600 seconds")
        }
        return seconds
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
        return values.mapValues { "\($0)" }
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
