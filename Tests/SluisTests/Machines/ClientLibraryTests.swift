import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// The Python of Debian, for which the libraries are packages.
enum DebianPython {
    static let path = "/usr/bin/python3"

    static let hasLibraries: Bool = {
        let check = try? Program.run(
            at: URL(filePath: path), ["-c", "import authlib, jwt, requests_oauthlib"])
        return check?.status == 0
    }()
}

/// The programs that README.md and docs/machines.md show, run as they stand there: curl, oauthlib, Authlib
/// with requests, and PyJWT, each takes a token and reads.
@Suite(
    "Client libraries", .serialized, .enabled(if: DebianPython.hasLibraries, "Debian's Python libraries"))
struct ClientLibraryTests {
    /// The blocks of a document in one language, in order.
    private static func blocks(_ language: String, of document: String) throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: document), encoding: .utf8)
        return text.components(separatedBy: "```\(language)\n").dropFirst().map {
            $0.components(separatedBy: "\n```")[0]
        }
    }

    /// What a block prints in a folder where the consumer's profile is `authority`.
    private static func run(_ block: String, _ program: String, _ exchange: TestExchange) throws
        -> Program.Result
    {
        let hub = exchange.hub
        let folder = hub.scratch.path("tour")
        if !FileManager.default.fileExists(atPath: folder) {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/authority", withDestinationPath: exchange.consumer.profile.folder)
        }
        let script = block.replacing("https://127.0.0.1:8443", with: hub.people)
            .replacing("https://127.0.0.1:8444", with: hub.machines)
            .replacing("01a22764-6fec-745d-b5f6-7288b5a6e033", with: exchange.agreement)
        let file = try hub.scratch.file("tour/script-\(UUID())", script)
        return try Program.run(
            at: URL(filePath: "/bin/bash"),
            ["-c", "unset REQUESTS_CA_BUNDLE CURL_CA_BUNDLE; cd '\(folder)' && exec \(program) '\(file)'"],
            environment: ["PATH": "/usr/bin:/bin"])
    }

    @Test("As they stand in the documents") func documents() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        try await exchange.grant(0)
        let expected = "plane,seat,fare\nK0,0,0.0\n"
        let shell = try Self.blocks("sh", of: "README.md").filter { $0.contains("/oauth/token") }
        #expect(shell.count == 1)
        for block in shell {
            let result = try Self.run(block, "bash", exchange)
            #expect(result.status == 0 && result.output == expected, "\(result)")
        }
        let programs = try Self.blocks("python", of: "README.md")
        #expect(programs.count == 3)
        let oauthlib = try Self.run(programs[0], DebianPython.path, exchange)
        #expect(oauthlib.status == 0 && oauthlib.output == expected, "\(oauthlib)")
        let key = try Self.run(programs[1], DebianPython.path, exchange)
        #expect(key.status == 0, "\(key)")
        let added = try Program.run(
            "sluis",
            [
                "org", "credential", "add", "authority", "--jwks",
                exchange.hub.scratch.path("tour/jwks.json"), "--profile", exchange.consumer.profile.folder,
            ])
        #expect(added.status == 0 && added.output.contains("key "), "\(added)")
        let authlib = try Self.run(programs[2], DebianPython.path, exchange)
        #expect(authlib.status == 0 && authlib.output == expected, "\(authlib)")
        // The same key, and no certificate.
        let proofs = try Self.blocks("python", of: "docs/machines.md")
        #expect(proofs.count == 1)
        let dpop = try Self.run(try #require(proofs.first), DebianPython.path, exchange)
        #expect(dpop.status == 0 && dpop.output == expected, "\(dpop)")
        exchange.hub.stop()
        let bindings = try exchange.hub.entries("token.issued").map { $0["cnf"]?.object?.keys.first ?? "" }
        #expect(bindings == ["x5t#S256", "x5t#S256", "x5t#S256", "jkt"])
    }
}
