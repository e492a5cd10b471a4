import MerkleLog
import Model
import NIOHTTP1
import Testing

@testable import RemoteHub
@testable import sluis

@Suite("A log is read over HTTPS from a server that nobody has to believe")
struct RemoteLogTests {
    private func failure(
        of log: ServedLog, workers: Int = 2, _ location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let remote = try log.remote(try await log.server())
        let outcome = try await log.verify(remote, workers: workers)
        #expect(remote.trouble == nil, sourceLocation: location)
        return outcome.line
    }

    @Test("Without a profile the checkpoint and every tile are verified, and no entry is asked for")
    func tilesAlone() async throws {
        let log = try ServedLog(entries: 3000)
        let server = try await log.server()
        let outcome = try await log.verify(log.remote(server))
        #expect(outcome.line.hasPrefix("verified 3000 entries, root "))
        #expect(!outcome.entriesRead)
        #expect(log.asked["tile/0/001"] == 1 && log.asked["tile/0/011.p/184"] == 1)
        #expect(log.asked["tile/1/000.p/11"] == 1)
        #expect(!log.asked.keys.contains { $0.hasPrefix("tile/entries") })
        for seen in server.seen {
            let isNote = ["/log/checkpoint", "/log/witnessed"].contains(seen.head.uri)
            #expect(seen.head.headers["Cache-Control"] == (isNote ? ["no-cache"] : []))
        }
    }

    @Test("With a profile entries are read too, with its certificate, and every file once")
    func everything() async throws {
        let log = try ServedLog(entries: 20_000)
        let server = try await log.server(asksCertificate: true)
        let profile = try server.profile(log.scratch)
        let remote = try log.remote(server, profile: profile)
        #expect(remote.otherOrigin == nil)
        let outcome = try await log.verify(remote)
        #expect(outcome.line.hasPrefix("verified 20000 entries, root ") && outcome.entriesRead)
        #expect(server.seen.allSatisfy { $0.thumbprint != nil })
        #expect(log.asked.count == 161, "79 bundles, as many tiles, and three more")
        // The first bundle tells whether the log was pruned; the checkpoint, where the log is.
        let twice = Set(log.asked.filter { $0.value > 1 }.keys)
        #expect(twice == ["checkpoint", "tile/entries/000"])
        // Several at a time, yet not a connection each.
        #expect((2...24).contains(Set(server.seen.map(\.connection)).count))
    }

    @Test("More workers than threads do not wait for each other", arguments: [1, 3, 64])
    func workers(count: Int) async throws {
        let log = try ServedLog(entries: 5000)
        let remote = try log.remote(try await log.server())
        #expect(try await log.verify(remote, workers: count).line.hasPrefix("verified 5000 entries"))
    }

    @Test("Where there is no room to fetch ahead, files are fetched one by one")
    func noRoom() async throws {
        let log = try ServedLog(entries: 5000)
        for limits in [
            ReadAhead.Limits(sizeBytes: 0), ReadAhead.Limits(sizeBytes: 20_000),
            ReadAhead.Limits(filesOfRun: 1, filesInFlight: 1),
        ] {
            let remote = try log.remote(try await log.server(), limits: limits)
            #expect(try await log.verify(remote).line.hasPrefix("verified 5000 entries"))
        }
    }

    @Test("The address may be the log's prefix, with or without a slash, or the hub's origin")
    func prefix() async throws {
        let log = try ServedLog(entries: 10)
        let server = try await log.server()
        for path in ["/log", "/log/", "", "/"] {
            let outcome = try await log.verify(log.remote(server, path: path))
            #expect(outcome.verdict.isVerified, "\(path)")
        }
        let outcome = try await log.verify(log.remote(server, path: "/elsewhere"))
        #expect(outcome.line.hasPrefix("failed: file checkpoint (cannot be read: "), "\(outcome.line)")
        #expect(outcome.line.contains("/elsewhere/checkpoint or "))
        #expect(outcome.line.contains("/elsewhere/log/checkpoint) at 0"))
    }

    @Test(
        "What is no HTTPS address is refused",
        arguments: [
            "http://127.0.0.1:1/log", "127.0.0.1:1", "", "https://", "https:///log", "https://u@h/log",
            "https://h/log?x", "https://h/log#x", "https://h h/", "ftp://h", "https://h:port/",
        ])
    func badAddress(text: String) {
        let fault = #expect(throws: ClientFault.self) { _ = try RemoteLog(url: text) }
        #expect(fault?.field == "--url" && fault.map { ExitCodes.code(for: $0) } == 2)
    }

    @Test("A file with no certificates is no authority")
    func badAuthority() throws {
        let scratch = ScratchFolder()
        for file in [scratch.path("none"), scratch.path, try scratch.file("ca.pem", "no certificate")] {
            let fault = #expect(throws: ClientFault.self) {
                _ = try RemoteLog(url: "https://h/log", authorityFile: file)
            }
            #expect(fault?.field == "--ca")
        }
    }

    // MARK: What is wrong with the log

    @Test("A flipped byte in a tile is named, with the entry")
    func flipped() async throws {
        let log = try ServedLog(entries: 70_000)
        for (path, position, index) in [("tile/0/003", 32 * 7, 768), ("tile/1/000", 32 * 5 + 9, 1280)] {
            let good = try #require(log.file(path))
            var bad = good
            bad[position] ^= 1
            log.replace(path, with: bad)
            let line = try await failure(of: log)
            #expect(line.hasPrefix("failed: file \(path) ("), "\(line)")
            #expect(line.hasSuffix(") at \(index)"), "\(line)")
            log.replace(path, with: good)
        }
        #expect(try await failure(of: log).hasPrefix("verified 70000"))
    }

    @Test("A missing file is missing, and is not asked for again and again")
    func missing() async throws {
        let log = try ServedLog(entries: 1000)
        log.replace("tile/0/001", with: nil)
        let line = try await failure(of: log)
        #expect(line == "failed: file tile/0/001 (is missing) at 256")
        #expect(try #require(log.asked["tile/0/001"]) <= 4)
    }

    @Test("A body that is longer than the file can be is refused before it is all there")
    func tooLong() async throws {
        let log = try ServedLog(entries: 1000)
        let endless = AnsweringServer.Answer(
            pieces: Array(repeating: [UInt8](repeating: 7, count: 100_000), count: 100))
        for (path, limit) in [
            ("tile/0/001", 8192), ("tile/0/003.p/232", 232 * 32), ("checkpoint", 1 << 20),
        ] {
            log.answer(path, with: endless, endless)
            let line = try await failure(of: log)
            #expect(line.contains("file \(path) (cannot be read: it has more than the \(limit) bytes"))
            log.forgetAnswers()
        }
        // One byte too many is too long as well; one too few is no tile.
        for count in [8193, 8191] {
            log.replace("tile/0/001", with: [UInt8](repeating: 7, count: count))
            #expect(try await failure(of: log).hasPrefix("failed: file tile/0/001 ("))
        }
    }

    @Test("A redirect is not followed")
    func redirect() async throws {
        let log = try ServedLog(entries: 300)
        let redirect = AnsweringServer.Answer(status: .found, headers: ["Location": "/log/tile/0/000"])
        log.answer("tile/0/000", with: redirect, redirect, redirect, redirect)
        #expect(
            try await failure(of: log)
                == "failed: file tile/0/000 (cannot be read: it was answered with status 302; "
                + "redirects are not followed) at 0")
    }

    @Test("The log may grow while it is read")
    func growing() async throws {
        let log = try ServedLog(entries: 1000)
        log.whenAsked(for: "tile/0/001") { try? log.append(500) }
        let remote = try log.remote(try await log.server())
        let first = try await log.verify(remote)
        #expect(first.line.hasPrefix("verified 1000 entries"))
        #expect(try await log.verify(remote).line.hasPrefix("verified 1500 entries"))
        // The partial tile is gone, the full one serves; but what was signed before must still be in it.
        log.whenAsked(for: "tile/0/005.p/220") {
            try? log.append(500)
            log.replace("tile/0/005.p/220", with: nil)
        }
        #expect(try await log.verify(remote).line.hasPrefix("verified 1500 entries"))
        #expect(try await log.verify(remote).line.hasPrefix("verified 2000 entries"))
    }
}
