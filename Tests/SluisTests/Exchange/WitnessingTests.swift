import Cryptography
import Foundation
import MerkleLog
import Model
import Testing

@testable import sluis

/// Hubs that cosign each other's logs (C2SP tlog-witness).
@Suite("Hubs that witness each other", .serialized)
struct WitnessingTests {
    /// Two hubs, each a witness of the other, each asking for one cosignature.
    private struct Pair {
        let first: TestHub
        let second: TestHub
        let folder = ScratchFolder()

        init() throws {
            first = try TestHub(host: "first.example")
            second = try TestHub(host: "second.example")
            let authorities = try folder.file(
                "authorities.pem", first.authority.certificate.pem + second.authority.certificate.pem)
            for (hub, other) in [(first, second), (second, first)] {
                try hub.configure(
                    """
                    witness:
                      logs: [\(try other.vkey())]
                      policy: \(try policy(of: other))
                      ca: \(authorities)

                    """)
            }
            for hub in [first, second] {
                hub.stop()
                try hub.start()
            }
        }

        /// A policy that wants this hub's cosignature.
        func policy(of witness: TestHub) throws -> String {
            try folder.file(
                "policy-\(UUID())",
                "witness other \(try witness.vkey(["--witness"])) \(witness.people)/witness\nquorum other\n")
        }
    }

    /// The newest checkpoint in a hub's directory.
    private func note(of hub: TestHub) throws -> Note {
        try Note(Array(Data(contentsOf: URL(filePath: hub.data + "/log/checkpoint"))))
    }

    /// Waits until the newest checkpoint of a hub covers this many entries and is cosigned.
    private func cosigned(
        _ hub: TestHub, by policyFile: String, atLeast size: UInt64 = 1
    ) async throws -> Checkpoint {
        let policy = try WitnessPolicy(Array(Data(contentsOf: URL(filePath: policyFile))))
        for _ in 0..<400 {
            let note = try note(of: hub)
            let checkpoint = try Checkpoint(body: note.text)
            // It is published after the answer to a call, and cosigned after that.
            if checkpoint.size >= size, try policy.evaluate(note).isMet { return checkpoint }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw HubNotWitnessed(errors: hub.errors)
    }

    private struct HubNotWitnessed: Error { let errors: String }

    @Test("Each cosigns the other's checkpoints, and anybody can check it")
    func mutual() async throws {
        let pair = try Pair()
        _ = try await pair.first.organisation("airport", roles: ["provider"])
        for (hub, other) in [(pair.first, pair.second), (pair.second, pair.first)] {
            let policy = try pair.policy(of: other)
            let checkpoint = try await cosigned(hub, by: policy, atLeast: 2)
            let verified = try Program.run(
                "sluis-verify", ["--dir", hub.data + "/log", "--vkey", hub.vkey(), "--policy", policy])
            #expect(verified.status == 0, "\(verified.errors)")
            #expect(
                verified.output.hasSuffix("verified \(checkpoint.size) entries, root \(checkpoint.root)\n"))
            let afar = try Program.run(
                "sluis-verify",
                [
                    "--url", hub.people, "--ca", DataDirectory(hub.data).authority, "--vkey", hub.vkey(),
                    "--policy", policy,
                ])
            let served = try await hub.operatorClient.call(.get, "/log/witnessed", on: .people)
            let quorum = try WitnessPolicy(Array(Data(contentsOf: URL(filePath: policy))))
                .evaluate(Note(served.bytes))
            #expect(quorum.isMet)
            #expect(afar.status == 0 && afar.output.contains("witnessed up to \(checkpoint.size) entries"))
            let own = try Program.run(
                "sluis-verify",
                ["--dir", hub.data + "/log", "--vkey", hub.vkey(), "--policy", pair.policy(of: hub)])
            #expect(own.status == 1 && own.output.contains("quorum"), "\(own.output)")
        }
        // A restart keeps the cosignature of a checkpoint that did not change.
        pair.first.stop()
        let before = try await cosigned(pair.second, by: pair.policy(of: pair.first))
        pair.second.stop()
        try pair.second.start()
        #expect(try await cosigned(pair.second, by: pair.policy(of: pair.first)).root == before.root)
    }

    @Test("A witness that is down delays the cosignature, not the hub")
    func unreachable() async throws {
        let pair = try Pair()
        let policy = try pair.policy(of: pair.second)
        _ = try await cosigned(pair.first, by: policy)
        pair.second.stop()
        let clock = ContinuousClock()
        let start = clock.now
        _ = try await pair.first.organisation("airport", roles: ["provider"])
        #expect(clock.now - start < .seconds(5))
        for _ in 0..<100 where !pair.first.errors.contains("a witness does not cosign") {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(pair.first.errors.contains("a witness does not cosign"))
        try pair.second.start()
        _ = try await cosigned(pair.first, by: policy, atLeast: 3)
    }

    @Test("A hub that went back to an old copy does not start; one that rewrote its history is not cosigned")
    func rewritten() async throws {
        let pair = try Pair()
        let policy = try pair.policy(of: pair.second)
        let before = try await cosigned(pair.first, by: policy)
        pair.first.stop()
        let copy = pair.folder.path("copy")
        try FileManager.default.copyItem(atPath: pair.first.data, toPath: copy)
        try pair.first.start()
        for number in 0..<5 { _ = try await pair.first.organisation("org-\(number)", roles: ["consumer"]) }
        _ = try await cosigned(pair.first, by: policy, atLeast: before.size + 5)
        pair.first.stop()

        // The whole directory as it was: only the witness knows that there was more.
        try FileManager.default.removeItem(atPath: pair.first.data)
        try FileManager.default.moveItem(atPath: copy, toPath: pair.first.data)
        let refused = try Program.run("sluis", ["serve", "--data", pair.first.data])
        #expect(refused.status != 0, "\(refused.errors)")
        #expect(refused.errors.contains("put the journal of this log back"), "\(refused.errors)")

        // Without asking it grows past what was witnessed: another history of the same log.
        let asking = try String(contentsOfFile: pair.first.data + "/sluis.yaml", encoding: .utf8)
        try Data("host: first.example\n".utf8).write(to: URL(filePath: pair.first.data + "/sluis.yaml"))
        try pair.first.start()
        for number in 0..<20 { _ = try await pair.first.organisation("other-\(number)", roles: ["consumer"]) }
        pair.first.stop()
        try Data(asking.utf8).write(to: URL(filePath: pair.first.data + "/sluis.yaml"))
        let forked = try Program.run("sluis", ["serve", "--data", pair.first.data])
        #expect(
            forked.status != 0 && forked.errors.contains("does not know this history"), "\(forked.errors)")
        let verified = try Program.run(
            "sluis-verify",
            ["--dir", pair.first.data + "/log", "--vkey", pair.first.vkey(), "--policy", policy])
        #expect(verified.status == 1 && verified.output.contains("quorum is not met"), "\(verified.output)")
        #expect(verified.output.contains("witnesses vouch for the first"), "\(verified.output)")
    }

    @Test("Bad requests get the status of the specification, and a hub that is no witness says so")
    func badRequests() async throws {
        let pair = try Pair()
        let hub = try pair.first.operatorClient
        for body in ["", "old 0\n", "old x\n\nfirst\n", String(repeating: "x", count: 3 << 20)] {
            let problem = await #expect(throws: HubProblem.self) {
                _ = try await hub.call(
                    .post, "/witness/add-checkpoint", on: .people,
                    body: .bytes(Array(body.utf8), "text/plain"))
            }
            #expect(problem?.status == (body.count > 1 << 20 ? 413 : 400), "\(body.prefix(20))")
        }
        let other = try TestHub()
        let client = try other.operatorClient
        let missing = await #expect(throws: HubProblem.self) {
            _ = try await client.call(
                .post, "/witness/add-checkpoint", on: .people, body: .bytes([], "text/plain"))
        }
        #expect(missing?.code == "no_witness")
    }
}
