import Foundation
import MerkleLog
import Model
import Testing

@testable import sluis

/// `sluis log verify --data` over the log of a real exchange, with every byte of it flipped in turn.
@Suite(.serialized)
struct LogDamageTests {
    /// The files of a log that the checkpoint covers, and the checkpoint itself.
    private static func files(_ folder: String) throws -> [String] {
        let names = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
        return names.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    private static func verify(_ data: String) throws -> Program.Result {
        try Program.run("sluis", ["log", "verify", "--data", data])
    }

    @Test func `every flipped byte of every file is found and named`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 1)
        _ = try await exchange.grant(0)
        _ = try await exchange.read(exchange.token())
        // Stopped, not killed: a kill within 100 ms would leave the last entries unpublished.
        #expect(exchange.hub.stop() == 0)
        let data = exchange.hub.data
        #expect(try Self.verify(data).status == 0)
        let log = HubLog(directory: data)
        let key = try log.key()
        var flips = 0
        for name in try Self.files(log.folder) {
            let url = URL(fileURLWithPath: log.folder + "/" + name)
            let good = try Data(contentsOf: url)
            for offset in 0..<good.count {
                var bad = good
                bad[offset] ^= UInt8(1) << UInt8(offset % 8)
                try bad.write(to: url)
                let verdict = LogVerifier(files: try LogDirectory(log.folder), log: key).verify()
                #expect(!verdict.isVerified, "byte \(offset) of \(name)")
                #expect(verdict.description.hasPrefix("failed: "), "\(verdict)")
                flips += 1
            }
            try good.write(to: url)
        }
        #expect(flips > 2000, "only \(flips) bytes")
        #expect(try Self.verify(data).status == 0)
    }

    /// Waits until a running hub has published all it has: until then it writes over what a test damages.
    private func settle(_ log: HubLog) async throws {
        let checkpoint = URL(fileURLWithPath: log.folder + "/checkpoint")
        var (last, calm) = (Data(), 0)
        while calm < 4 {
            let now = try Data(contentsOf: checkpoint)
            calm = now == last ? calm + 1 : 0
            last = now
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    @Test func `damage is found while the hub runs, and after it was killed`() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 3)
        for owner in 0..<3 { try await exchange.grant(owner) }
        let data = exchange.hub.data
        let log = HubLog(directory: data)
        for isRunning in [true, false] {
            if !isRunning { exchange.hub.kill() }
            try await settle(log)
            #expect(try Self.verify(data).status == 0)
            for kind in ["tile/entries/", "tile/0/", "checkpoint"] {
                let name = try #require(try Self.files(log.folder).filter { $0.hasPrefix(kind) }.last)
                let url = URL(fileURLWithPath: log.folder + "/" + name)
                let good = try Data(contentsOf: url)
                var bad = good
                bad[bad.count / 2] ^= 4
                try bad.write(to: url)
                let result = try Self.verify(data)
                #expect(result.status == 1, "\(name): \(result.output)\(result.errors)")
                #expect(result.output.contains("failed: "), "\(result.output)")
                #expect(result.errors.contains("not verified"), "\(result.errors)")
                try good.write(to: url)
            }
            #expect(try Self.verify(data).status == 0)
        }
    }
}
