import Foundation
import Testing

@Suite("The scan fails on what testssl.sh finds, and on a scan that did not end")
struct ScanTests {
    /// What every whole run of testssl.sh says, among much else.
    private static let whole = [
        ("TLS1_3", "OK", "offered"), ("cert_chain_of_trust", "OK", "passed."), ("RC4", "OK", "none"),
    ]

    /// Runs the scan with a testssl.sh of our own, which finds these things (name, severity, text) on both
    /// listeners.
    private func scan(_ findings: [(String, String, String)]) throws -> Command {
        let folder = try TemporaryFolder()
        let list = findings.map { ["id": $0.0, "severity": $0.1, "finding": $0.2] }
        let json = String(decoding: try JSONSerialization.data(withJSONObject: list), as: UTF8.self)
        let answer = try folder.write(json, to: "answer.json")
        let program = try folder.write(
            """
            #!/bin/sh
            while [ $# -gt 1 ]; do
                [ "$1" != --jsonfile ] || cp "\(answer)" "$2"
                shift
            done
            """, to: "testssl")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let path = folder.url.path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
        return try Command.run(
            "Tests/Scan/testssl", ["127.0.0.1:1", "127.0.0.1:2", "ca.pem"],
            environment: ["PATH": path, "SLUIS_SCAN_OUTPUT": folder.url.appending(path: "scan").path])
    }

    private func lastLine(_ result: Command) -> String {
        String(result.output.split(separator: "\n").last ?? "")
    }

    @Test("Nothing found: status 0")
    func passes() throws {
        let result = try scan(Self.whole + [("HSTS", "LOW", "not offered")])
        #expect(result.status == 0 && result.errors == "")
        #expect(lastLine(result) == "testssl: 0 findings of MEDIUM or worse")
        #expect(result.output.contains("people: LOW HSTS: not offered"))
    }

    @Test("What is found fails it, on each listener", arguments: ["MEDIUM", "HIGH", "CRITICAL", "FATAL"])
    func fails(severity: String) throws {
        let result = try scan(Self.whole + [("SSLv3", severity, "offered")])
        #expect(result.status == 1)
        #expect(lastLine(result) == "testssl: 2 findings of MEDIUM or worse")
        #expect(result.output.contains("FAILED machines: \(severity) SSLv3: offered"))
    }

    @Test("What testssl-allowed names passes, with its reason")
    func allowed() throws {
        let result = try scan(Self.whole + [("cert_revocation", "HIGH", "neither")])
        #expect(result.status == 0 && result.output.contains("(allowed: the development authority"))
    }

    @Test("A scan without an end is no scan")
    func incomplete() throws {
        let result = try scan(Array(Self.whole.dropLast()))
        #expect(result.status == 1 && result.output.contains("the scan did not end: no word on RC4"))
    }

    @Test(
        "Parts that there are not, and a program that was not built, are told", arguments: ["none", "../run"])
    func parts(name: String) throws {
        let unknown = try Command.run("Tests/Scan/run", [name])
        #expect(unknown.status == 2 && unknown.errors == "error: `\(name)` is no part of the scan\n")
        let unbuilt = try Command.run(
            "Tests/Scan/run", ["testssl"], environment: ["SLUIS_PROGRAM": "/nonexistent"])
        #expect(unbuilt.status == 2 && unbuilt.errors.contains("run make build first"))
    }
}
