import ArgumentParser
import Cryptography
import Foundation
import Model
import Testing

@testable import MerkleLog
@testable import sluis

@Suite("The log of a data directory, read alone")
struct LogCommandTests {
    private let scratch = ScratchFolder()

    /// A data directory with a log of so many entries.
    private struct Directory {
        let path: String
        let signer: NoteSigner
        private(set) var writer = TileWriter()
        private(set) var entries: [[UInt8]] = []

        init(_ path: String, entries count: Int) throws {
            self.path = path
            signer = try NoteSigner(name: "hub.example/log", key: .generate(.ed25519))
            try append(count)
            try write("log.vkey", Array((signer.vkey + "\n").utf8))
        }

        mutating func append(_ count: Int) throws {
            for _ in 0..<count {
                let json: JSON = [
                    "at": "2026-11-22T07:00:00.000Z", "seq": .integer(Int64(entries.count)), "v": 1,
                ]
                entries.append(json.canonical)
                try writer.append(json.canonical)
            }
            for file in writer.publish() { try write("log/" + file.path.path, file.bytes) }
            let checkpoint = Checkpoint(origin: "hub.example/log", size: writer.size, root: writer.root)
            try write("log/checkpoint", Array(try checkpoint.signed(by: [signer]).utf8))
        }

        func write(_ name: String, _ bytes: [UInt8]) throws {
            let url = URL(filePath: path).appending(path: name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
        }
    }

    @Test("The key is the one line of the file")
    func key() throws {
        let directory = try Directory(scratch.path("hub"), entries: 1)
        let log = HubLog(directory: directory.path)
        #expect(try log.key().vkey == directory.signer.vkey)
        #expect(try HubLog.key(directory.signer.vkey).vkey == directory.signer.vkey)
        #expect(try HubLog.key(log.keyFile).vkey == directory.signer.vkey)
    }

    @Test("What is no key is bad input that names the option")
    func badKey() throws {
        let (empty, two) = try (scratch.file("a", "\n"), scratch.file("b", "x\ny\n"))
        for argument in ["nothing", "", empty, two, "a+b+c"] {
            let fault = #expect(throws: ClientFault.self) { _ = try HubLog.key(argument) }
            #expect(fault?.field == "--vkey")
        }
        let fault = #expect(throws: ClientFault.self) { _ = try HubLog(directory: scratch.path).key() }
        #expect(fault?.code == "not_a_hub")
        #expect(fault?.field == "--data")
    }

    @Test("Every entry is found byte for byte, in full bundles and in the last one")
    func entries() throws {
        let directory = try Directory(scratch.path("hub"), entries: 600)
        let log = HubLog(directory: directory.path)
        for index in [0, 1, 255, 256, 511, 512, 599] {
            #expect(try log.entry(UInt64(index)) == directory.entries[index])
        }
        for index in [600, UInt64.max] {
            let fault = #expect(throws: ClientFault.self) { _ = try log.entry(index) }
            #expect(fault?.code == "entry_unknown")
            #expect(fault?.expected == "0 to 599")
        }
    }

    @Test("A bundle that has become full since the checkpoint serves as well")
    func grown() throws {
        var directory = try Directory(scratch.path("hub"), entries: 100)
        let checkpoint = try Data(contentsOf: URL(filePath: directory.path + "/log/checkpoint"))
        try directory.append(200)
        try directory.write("log/checkpoint", Array(checkpoint))
        try FileManager.default.removeItem(atPath: directory.path + "/log/tile/entries/000.p/100")
        let log = HubLog(directory: directory.path)
        #expect(try log.entry(99) == directory.entries[99])
        #expect(throws: ClientFault.self) { _ = try log.entry(100) }
    }

    @Test("A log that is broken is no bad input")
    func broken() throws {
        let directory = try Directory(scratch.path("hub"), entries: 10)
        let log = HubLog(directory: directory.path)
        try FileManager.default.removeItem(atPath: directory.path + "/log/tile/entries/000.p/10")
        #expect(throws: Refusal.self) { _ = try log.entry(3) }
        try directory.write("log/checkpoint", Array("no note".utf8))
        #expect(throws: Refusal.self) { _ = try log.entry(3) }
        try FileManager.default.removeItem(atPath: directory.path + "/log/checkpoint")
        let fault = #expect(throws: ClientFault.self) { _ = try log.entry(3) }
        #expect(fault?.code == "checkpoint_missing")
    }

    @Test("A whole log is verified; a flipped byte is not, and the status is 1")
    func verify() async throws {
        let directory = try Directory(scratch.path("hub"), entries: 300)
        var command = try LogVerifyCommand.parse(
            ["--dir", directory.path + "/log", "--vkey", directory.signer.vkey, "--json"])
        try await command.run()
        let path = directory.path + "/log/tile/entries/000"
        var bytes = Array(try Data(contentsOf: URL(filePath: path)))
        bytes[20] ^= 1
        try Data(bytes).write(to: URL(filePath: path))
        for arguments in [
            ["--dir", directory.path + "/log", "--vkey", directory.signer.vkey], ["--data", directory.path],
        ] {
            command = try LogVerifyCommand.parse(arguments)
            let refusal = await #expect(throws: Refusal.self) { try await command.run() }
            #expect(refusal?.description.hasPrefix("not verified: ") == true)
            #expect(refusal.map { ExitCodes.code(for: $0) } == 1)
        }
    }

    @Test("Another key does not verify")
    func foreignKey() async throws {
        let directory = try Directory(scratch.path("hub"), entries: 3)
        let other = try NoteSigner(name: "hub.example/log", key: .generate(.ed25519))
        var command = try LogVerifyCommand.parse(["--data", directory.path, "--vkey", other.vkey])
        await #expect(throws: Refusal.self) { try await command.run() }
        command = try LogVerifyCommand.parse(["--dir", scratch.path("none"), "--vkey", other.vkey])
        let fault = await #expect(throws: ClientFault.self) { try await command.run() }
        #expect(fault?.field == "--dir")
    }

    @Test("A verdict as JSON says where the key came from")
    func verdict() throws {
        let root = MerkleTree.leafHash([1])
        let checkpoint = Checkpoint(origin: "hub.example/log", size: 1, root: root)
        let verified = LogVerifier.Outcome(
            verdict: .verified(size: 1, root: root, checkpoint: checkpoint), firstEntryRead: 0, note: [])
        #expect(
            LogVerifyCommand.json(verified, keyFile: "d/log.vkey")
                == ["verified": true, "entries": 1, "root": .string(root.base64), "vkey_file": "d/log.vkey"])
        let failure = LogFailure(.root, at: 7, "differs")
        #expect(
            LogVerifyCommand.json(LogVerifier.Outcome(failed: failure), keyFile: nil)
                == [
                    "verified": false, "entries": nil, "root": nil, "vkey_file": nil,
                    "failure": ["what": "root (differs)", "index": 7],
                ])
    }

    @Test("A proof is passed on only if it is one, and of the entry asked for")
    func proof() throws {
        let proof = TlogProof(index: 4, hashes: [MerkleTree.leafHash([1])], checkpoint: "a\n")
        let bytes = Array(proof.text.utf8)
        #expect(try LogProofCommand.proof(bytes, index: 4) == proof.text)
        #expect(throws: Refusal.self) { _ = try LogProofCommand.proof(bytes, index: 5) }
        #expect(throws: Refusal.self) { _ = try LogProofCommand.proof(Array("<html>".utf8), index: 4) }
    }
}
