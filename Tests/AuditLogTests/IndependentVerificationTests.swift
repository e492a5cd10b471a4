import Foundation
import MerkleLog
import Model
import Testing

@testable import AuditLog

@Suite(
    "Go's checksum database verifies our logs",
    .enabled(
        if: ForeignVerifiers.missingForGo == nil, Comment(rawValue: ForeignVerifiers.missingForGo ?? "")),
    .timeLimit(.minutes(20)))
struct IndependentVerificationTests {
    @Test("It accepts every entry, tile, checkpoint and proof", arguments: ClaimedLog.sizes)
    func accepted(size: Int) async throws {
        let log = try await ClaimedLog(size: size)
        let result = try ForeignVerifiers.tlogcheck("log", log.logFolder, log.vkey, log.claimsFile)
        #expect(result == ForeignVerifiers.Result(status: 0, line: log.accepted))
    }

    @Test("It accepts an empty log") func empty() throws {
        let directory = try DataDirectory()
        try directory.open().close()
        let result = try ForeignVerifiers.tlogcheck("log", directory.path + "/log", directory.signer.vkey)
        #expect(result.status == 0 && result.line.hasPrefix("verified 0 entries, root 47DEQpj8"), "\(result)")
    }

    @Test("It accepts each publication while the log stays open") func open() async throws {
        let directory = try DataDirectory()
        let log = try directory.open()
        for start in stride(from: 0, to: 900, by: 90) {
            try await log.appendAll(entries(start..<start + 90))
            _ = try await log.published(covering: UInt64(start + 89))
            let result = try ForeignVerifiers.tlogcheck("log", directory.path + "/log", directory.signer.vkey)
            #expect(
                result.status == 0 && result.line.hasPrefix("verified \(start + 90) entries"), "\(result)")
        }
        log.close()
    }

    @Test("Every earlier checkpoint verifies over the files of the grown log, as after a crash")
    func earlierCheckpoints() async throws {
        let log = try await ClaimedLog(size: 600)
        let notes = log.claims.compactMap { $0["note"]?.string }
        #expect(notes.count == 6)
        for note in notes {
            try log.directory.write(Array(note.utf8), to: log.directory.checkpoint)
            let size = note.split(separator: "\n")[1]
            let result = try ForeignVerifiers.tlogcheck("log", log.logFolder, log.vkey)
            #expect(
                result.status == 0 && result.line.hasPrefix("verified \(size) entries"),
                "\(result)")
        }
    }

    @Test("No flipped byte passes it") func flipped() async throws {
        let log = try await ClaimedLog(size: 300)
        let flips = try flips(log.directory)
        #expect(flips.count >= 300)
        try log.directory.write(
            Array(flips.joined(separator: "\n").utf8), to: log.directory.path + "/flips")
        let result = try ForeignVerifiers.tlogcheck(
            "flips", log.logFolder, log.vkey, log.directory.path + "/flips")
        print("go: \(result.line)")
        #expect(
            result
                == ForeignVerifiers.Result(
                    status: 0, line: "noticed \(flips.count) of \(flips.count) flips"))
    }

    /// Every byte that the checkpoint's signature covers, and of each other file the first, the last and one
    /// in 41 (a prime, so that lengths, entries and hashes are hit at every place), each time another bit.
    private func flips(_ directory: DataDirectory) throws -> [String] {
        try directory.files(in: "log").flatMap { file -> [String] in
            let bytes = try directory.bytes(directory.path + "/" + file)
            let name = file.dropFirst("log/".count)
            let body = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n\n")[0] + "\n"
            let offsets =
                name == "checkpoint"
                ? Array(0..<body.utf8.count)
                : Array(stride(from: 0, to: bytes.count, by: 41)) + [bytes.count - 1]
            return offsets.enumerated().map { "\(name) \($1) \(1 << ($0 % 8))" }
        }
    }

    @Test("It misses a file that is not there, and refuses one that does not belong there")
    func missing() async throws {
        let log = try await ClaimedLog(size: 300)
        // Partial tiles of smaller sizes may lie beside these; nobody needs them.
        let needed = [
            "checkpoint", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/000",
            "tile/entries/001.p/44",
        ]
        for file in needed {
            let copy = try log.directory.copied()
            try copy.remove(copy.path + "/log/" + file)
            let result = try ForeignVerifiers.tlogcheck("log", copy.path + "/log", log.vkey)
            #expect(result.status == 1, "\(file): \(result)")
        }
        try log.directory.write([1], to: log.logFolder + "/tile/0/000.txt")
        let result = try ForeignVerifiers.tlogcheck("log", log.logFolder, log.vkey)
        #expect(result.status == 1 && result.line.contains("000.txt"), "\(result)")
    }

    @Test("It refuses the key of another log, and false claims") func falseClaims() async throws {
        let log = try await ClaimedLog(size: 20)
        let other = try newSigner(log.directory.signer.name)
        #expect(try ForeignVerifiers.tlogcheck("log", log.logFolder, other.vkey).status == 1)
        for claim in log.falseClaims {
            try log.directory.write(claim.canonical, to: log.claimsFile)
            let result = try ForeignVerifiers.tlogcheck("log", log.logFolder, log.vkey, log.claimsFile)
            #expect(result.status == 1, "\(claim): \(result)")
        }
        #expect(try ForeignVerifiers.tlogcheck("log", log.logFolder, "no key").status == 2)
        #expect(try ForeignVerifiers.tlogcheck("log", log.directory.path + "/none", log.vkey).status == 2)
    }

    @Test("It accepts .tlog-proof files, for their entry alone", arguments: [1, 2, 257, 1000])
    func proofFiles(size: Int) async throws {
        let log = try await ClaimedLog(size: size)
        let reopened = try log.directory.open()
        defer { reopened.close() }
        let (proofFile, entryFile) = (log.directory.path + "/a.tlog-proof", log.directory.path + "/entry")
        func check(_ proof: TlogProof, _ entry: [UInt8]) throws -> ForeignVerifiers.Result {
            try log.directory.write(Array(proof.text.utf8), to: proofFile)
            try log.directory.write(entry, to: entryFile)
            return try ForeignVerifiers.tlogcheck("proof", proofFile, entryFile, log.vkey)
        }
        for index in Set([0, size / 3, size - 1]) {
            let proof = try reopened.proof(of: UInt64(index))
            let accepted = "verified entry \(index) of \(size), root \(naiveRoot(log.entries[...]))"
            let entry = log.entries[index]
            #expect(try check(proof, entry) == ForeignVerifiers.Result(status: 0, line: accepted))
            let extended = TlogProof(
                index: proof.index, hashes: proof.hashes, checkpoint: proof.checkpoint, extra: [1, 2])
            #expect(try check(extended, entry).line == accepted)
            #expect(try check(proof, entry + [0]).status == 1)
            let moved = TlogProof(
                index: proof.index + 1, hashes: proof.hashes, checkpoint: proof.checkpoint)
            #expect(try check(moved, entry).status == 1)
        }
        #expect(try ForeignVerifiers.tlogcheck("proof", proofFile + "x", entryFile, log.vkey).status == 2)
    }
}
