import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// `sluis read --out`: what broke off goes on, and is never put together of two answers.
@Suite("Reads into a file that go on where they broke off", .serialized)
struct ResumedReadTests {
    private let scratch = ScratchFolder()

    private struct Reader {
        let exchange: TestExchange
        let file: String
        let options: [String]

        func read(_ more: String...) throws -> Program.Result {
            try Program.run("sluis", options + more)
        }

        var content: String? { try? String(contentsOfFile: file, encoding: .utf8) }
        var part: String? { try? String(contentsOfFile: file + ".part", encoding: .utf8) }
        var partBytes: Int {
            let attributes = try? FileManager.default.attributesOfItem(atPath: file + ".part")
            return (attributes?[.size] as? NSNumber)?.intValue ?? 0
        }
        var tag: String? { try? String(contentsOfFile: file + ".part.tag", encoding: .utf8) }

        /// As a read leaves it that broke off.
        func breakOff(_ text: some StringProtocol, _ tag: String) throws {
            try? FileManager.default.removeItem(atPath: file)
            try Data(text.utf8).write(to: URL(filePath: file + ".part"))
            try Data(tag.utf8).write(to: URL(filePath: file + ".part.tag"))
        }
    }

    private func reader(_ exchange: TestExchange) async throws -> Reader {
        let token = try scratch.file("token", try await exchange.token())
        let file = scratch.path("flights.csv")
        return Reader(
            exchange: exchange, file: file,
            options: [
                "read", "flights", "--token", token, "--profile", exchange.consumer.profile.folder, "--out",
                file,
                "--json",
            ])
    }

    private static func bytes(_ result: Program.Result) throws -> Int64? {
        try JSON.parse(result.errors.trimmingCharacters(in: .whitespacesAndNewlines))["bytes"]?.integer
    }

    @Test("The rest comes and the file is whole; when the data have changed all comes anew")
    func story() async throws {
        let exchange = try await TestExchange(
            TestHub(), owners: 2,
            csv: "plane,seat,fare\n" + (0..<20_000).map { "K\($0 % 2),\($0),0.5\n" }.joined())
        for owner in 0..<2 { try await exchange.grant(owner) }
        let reader = try await reader(exchange)
        let first = try reader.read()
        #expect(first.status == 0 && first.output.isEmpty, "\(first.errors)")
        let whole = try #require(reader.content)
        #expect(whole.utf8.count > 200_000 && reader.part == nil && reader.tag == nil)
        let tag = try #require(try await exchange.raw(exchange.token()).headers.first(name: "ETag"))

        for count in [1, 16, 65_536, 150_001, whole.utf8.count - 1] {
            try reader.breakOff(whole.prefix(count), tag)
            let rest = try reader.read("--resume")
            #expect(rest.status == 0 && reader.content == whole, "\(count): \(rest.errors)")
            #expect(try Self.bytes(rest) == Int64(whole.utf8.count - count))
            #expect(reader.part == nil && reader.tag == nil)
        }
        // Nothing was missing but the name.
        try reader.breakOff(whole, tag)
        let none = try reader.read("--resume")
        #expect(none.status == 0 && reader.content == whole, "\(none.errors)")
        #expect(try Self.bytes(none) == 0)
        // Not asked to go on, and nothing to go on with.
        try reader.breakOff("something else", tag)
        #expect(try Self.bytes(reader.read()) == Int64(whole.utf8.count) && reader.content == whole)
        #expect(try reader.read("--resume").status == 0 && reader.content == whole)

        try reader.breakOff(whole.prefix(100_000), tag)
        try await exchange.grant(1, ["fields": ["plane"]])
        let anew = try reader.read("--resume")
        #expect(anew.status == 0, "\(anew.errors)")
        let changed = try await exchange.raw(exchange.token()).body
        #expect(reader.content == String(decoding: changed, as: UTF8.self) && reader.content != whole)
        #expect(try Self.bytes(anew) == Int64(changed.count))
    }

    @Test("A hub that dies leaves what came, with its tag; the next one does not know it and all comes anew")
    func died() async throws {
        let digits = String(repeating: "0123456789", count: 100)
        let exchange = try await TestExchange(
            TestHub(), owners: 1,
            csv: "plane,seat,fare\n" + (0..<200_000).map { "K0,\($0),0.\(digits)\n" }.joined())
        try await exchange.grant(0)
        let reader = try await reader(exchange)
        async let broken = Task.detached { try reader.read() }.value
        while reader.partBytes < 1_000_000, !FileManager.default.fileExists(atPath: reader.file) {
            try await Task.sleep(for: .milliseconds(1))
        }
        exchange.hub.kill()
        let result = try await broken
        try exchange.hub.start()
        if result.status != 0 {
            #expect(reader.content == nil && reader.tag?.hasPrefix("\"") == true)
        }
        let rest = try reader.read("--resume")
        #expect(rest.status == 0, "\(rest.errors)")
        let whole = try await exchange.raw(exchange.token()).body
        #expect(reader.content == String(decoding: whole, as: UTF8.self))
    }

    @Test("What cannot be is said before anything is asked")
    func refused() throws {
        let fault = #expect(throws: ClientFault.self) {
            _ = try PartialFile(scratch.path("no/such/file"), resume: false)
        }
        #expect(fault?.field == "--out")
        let folder = scratch.path("results")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        for name in [folder, folder + "/"] {
            let directory = #expect(throws: ClientFault.self) { _ = try PartialFile(name, resume: false) }
            #expect(directory?.field == "--out" && directory?.message.contains("directory") == true)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        for options in [["--resume"], ["--resume", "--out", "f", "--compress"]] {
            let result = try Program.run("sluis", ["read", "flights"] + options)
            #expect(result.status == 2 && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        }
    }

    @Test("Another part than was asked for is not put behind what is there")
    func foreign() throws {
        let path = scratch.path("rows")
        try Data("abc".utf8).write(to: URL(filePath: path + ".part"))
        try Data("\"t\"".utf8).write(to: URL(filePath: path + ".part.tag"))
        let file = try PartialFile(path, resume: true)
        #expect(file.requestHeaders == ["Range": "bytes=3-", "If-Range": "\"t\""])
        for range in ["bytes 2-9/10", "bytes 33-40/41", nil] {
            #expect(throws: Refusal.self) {
                try file.head(.partialContent, range.map { ["Content-Range": $0] } ?? [:])
            }
        }
        try file.head(.partialContent, ["Content-Range": "bytes 3-4/5"])
        try file.head(.rangeNotSatisfiable, ["Content-Range": "bytes */4"])
        #expect(!file.isWhole)
        try file.write(Array("de".utf8))
        try file.finish()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "abcde")
    }
}
