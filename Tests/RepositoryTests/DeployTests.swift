import Foundation
import Testing

@Suite("What Deploy/ says of the hub is so")
struct DeployTests {
    private static let rules = ["Deploy/prometheus-rules.yml", "Deploy/prometheus-rules.test.yml"]

    /// The names that `/metrics` has, as its source writes them.
    private static func emittedMetrics() throws -> Set<String> {
        var names: Set<String> = []
        for path in Repository.files(under: "Sources/Gateway/Metrics", ending: ".swift") {
            for match in try Repository.text(path).matches(of: /"(sluis_[a-z_]+)"/) {
                names.insert(String(match.1))
            }
        }
        return names
    }

    /// The metric of a series: a histogram's have endings.
    private static func family(_ series: String) -> String {
        for ending in ["_bucket", "_sum", "_count"] where series.hasSuffix(ending) {
            return String(series.dropLast(ending.count))
        }
        return series
    }

    /// The keys of `sluis.yaml`, as the configuration's source lists them.
    private static func configurationKeys() throws -> Set<String> {
        let text = try Repository.text("Sources/sluis/Hub/Configuration.swift")
        let list = try #require(text.firstMatch(of: /static let keys = \[([^\]]*)\]/)).1
        return Set(list.matches(of: /"([a-z_.]+)"/).map { String($0.1) })
    }

    @Test("Rules name metrics that the hub has, and no other")
    func metrics() throws {
        let emitted = try Self.emittedMetrics()
        #expect(emitted.contains("sluis_ready") && emitted.contains("sluis_log_commit_seconds"))
        for path in Self.rules {
            for (number, line) in try Repository.text(path).numberedLines {
                for match in String(line).matches(of: /sluis_[a-z_]+/) {
                    let name = Self.family(String(match.output))
                    #expect(emitted.contains(name), "\(path):\(number): `\(name)`")
                }
            }
        }
    }

    @Test("Every metric stands in the operator's table, and every alert is tested")
    func tables() throws {
        let operations = try Repository.text("docs/operations.md")
        for name in try Self.emittedMetrics() {
            #expect(operations.contains("| `\(name)` |"), "`\(name)`")
        }
        let tests = try Repository.text(Self.rules[1])
        for match in try Repository.text(Self.rules[0]).matches(of: /- alert: ([A-Za-z]+)/) {
            #expect(tests.contains(String(match.1)), "`\(match.1)`")
        }
    }

    @Test("Configuration that Deploy names exists: keys in a group, times and sizes, variables")
    func configuration() throws {
        let keys = try Self.configurationKeys()
        #expect(keys.contains("drain_seconds") && keys.contains("limits.streams"))
        let variables = Set(
            keys.map { "SLUIS_" + $0.uppercased().replacingOccurrences(of: ".", with: "_") }
                + ["SLUIS_KEY", "SLUIS_PROFILE"])
        for path in Repository.files(under: "Deploy") where !Self.rules.contains(path) {
            for (number, line) in try Repository.text(path).numberedLines {
                let text = String(line)
                for match in text.matches(of: /\b(?:clients|limits|witness|upstream)\.[a-z_]+/) {
                    #expect(keys.contains(String(match.output)), "\(path):\(number): `\(match.output)`")
                }
                for match in text.matches(of: /[a-z]+_(?:seconds|bytes)\b/) {
                    #expect(keys.contains(String(match.output)), "\(path):\(number): `\(match.output)`")
                }
                for match in text.matches(of: /SLUIS_[A-Z_]+/) {
                    #expect(variables.contains(String(match.output)), "\(path):\(number)")
                }
            }
        }
    }

    @Test(
        "The unit keeps the hub in",
        arguments: [
            "User=sluis", "UMask=0077", "StateDirectory=sluis", "StateDirectoryMode=0700", "LimitCORE=0",
            "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes",
            "PrivateUsers=yes", "ProtectProc=invisible", "ProtectClock=yes", "ProtectKernelLogs=yes",
            "ProtectKernelModules=yes", "ProtectKernelTunables=yes", "ProtectControlGroups=yes",
            "NoExecPaths=/", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "RestrictNamespaces=yes",
            "RestrictRealtime=yes", "RestrictSUIDSGID=yes", "LockPersonality=yes",
            "MemoryDenyWriteExecute=yes", "SystemCallArchitectures=native",
            "SystemCallFilter=@system-service", "SystemCallFilter=~@privileged @resources",
            "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK", "Restart=on-failure",
        ])
    func hardening(directive: String) throws {
        let lines = try Repository.text("Deploy/sluis.service").split(separator: "\n").map(String.init)
        #expect(lines.contains(directive))
    }

    @Test("Unit and container start the same command, and the edge passes on to its ports")
    func command() throws {
        let arguments = [
            "serve", "--data", "/var/lib/sluis", "--people", "0.0.0.0:8443", "--machines", "0.0.0.0:8444",
        ]
        #expect(
            try Repository.text("Deploy/sluis.service").contains(
                "ExecStart=/usr/bin/sluis " + arguments.joined(separator: " ") + "\n"))
        let list = arguments.map { "\"\($0)\"" }.joined(separator: ", ")
        #expect(try Repository.text("Deploy/Containerfile").contains("CMD [\(list)]\n"))
        let edge = try Repository.text("Deploy/nginx-edge.conf")
        #expect(edge.contains("server hub.internal:8443;") && edge.contains("server hub.internal:8444;"))
    }

    @Test("The edge keeps back nothing that a withdrawal may take, and checks whom it speaks to")
    func edge() throws {
        let edge = try Repository.text("Deploy/nginx-edge.conf")
        for directive in [
            "proxy_buffering off;", "proxy_max_temp_file_size 0;", "proxy_request_buffering off;",
            "proxy_ssl_verify on;", "proxy_next_upstream off;", "ssl_preread on;", "merge_slashes off;",
        ] {
            #expect(edge.contains(directive), "\(directive)")
        }
        #expect(edge.matches(of: /listen 844[34] .*sndbuf=64k/).count == 2)
        // With a path behind it nginx would write the request's path anew.
        #expect(edge.contains("proxy_pass https://hub_people;"))
    }

    @Test("Its page names every file, and its links lead somewhere")
    func page() throws {
        let path = "Deploy/README.md"
        let text = try Repository.text(path)
        for file in Repository.files(under: "Deploy") where file != path {
            #expect(text.contains("`\(file.dropFirst("Deploy/".count))`"), "\(file)")
        }
        expectNone(
            DocumentRules.brokenLinks(path: path, text: text) { target in
                guard Repository.exists(target) else { return nil }
                return (try? Repository.text(target)) ?? ""
            })
    }
}
