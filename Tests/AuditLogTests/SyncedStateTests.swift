import Foundation
import MerkleLog
import Model
import Testing

@testable import AuditLog
import TestSupport

@Suite("The synced state and the tiles it relies on", .timeLimit(.minutes(20))) struct SyncedStateTests {
    @Test("It comes back as it was written, for any values") func roundTrip() throws {
        var generator = SeededGenerator.announced("synced states")
        for _ in 0..<500 {
            let hashes = (0..<Int.random(in: 0...40, using: &generator)).compactMap { _ in
                TreeHash(generator.bytes(32))
            }
            let state = SyncedState(
                size: UInt64.random(in: 0..<1 << 54, using: &generator) * 256, hashes: hashes,
                lastNumber: Int64.random(in: 0...(.max), using: &generator),
                newestTime: Instant(
                    milliseconds: Int64.random(in: 0...250_000_000_000_000, using: &generator)))
            #expect(SyncedState(state.json.canonical) == state)
        }
        #expect(SyncedState(SyncedState.empty.json.canonical) == .empty)
    }

    @Test("What was not written by it is none of it") func malformed() throws {
        var generator = SeededGenerator.announced("malformed synced states")
        let whole = SyncedState(
            size: 512, hashes: [naiveRoot([])], lastNumber: 7, newestTime: noon
        ).json.canonical
        for length in 0..<whole.count { #expect(SyncedState(Array(whole.prefix(length))) == nil) }
        for length in 0..<200 { #expect(SyncedState(generator.bytes(length)) == nil) }
        let text = String(decoding: whole, as: UTF8.self)
        let changes = [
            ("512", "511"), ("512", "-512"), ("512", "512.5"), ("512", "9223372036854775808"),
            ("512", "\"512\""),
            ("7", "null"), ("2026", "20267"), ("\"hashes\":[\"", "\"hashes\":[\"x"), ("[", "[null,"),
            ("{", "[{"),
        ]
        for (old, new) in changes {
            let changed = text.replacing(old, with: new, maxReplacements: 1)
            #expect(changed != text && SyncedState(Array(changed.utf8)) == nil, "\(changed)")
        }
        for place in whole.indices {
            var changed = whole
            changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            _ = SyncedState(changed)
        }
    }

    /// 1,000 entries, published and synced at 768; 40 more were answered when the hub died.
    private func killed() async throws -> DataDirectory {
        let directory = try DataDirectory()
        let log = try directory.open()
        try await log.appendAll(entries(0..<1000))
        log.close()
        let tail = JournalFrame(firstIndex: 1000, entries: entries(1000..<1040)).encoded()
        try directory.write(directory.bytes(directory.firstSegment) + tail, to: directory.firstSegment)
        #expect(SyncedState(try directory.bytes(directory.synced))?.size == 768)
        return directory
    }

    private func expectOpens(_ directory: DataDirectory, _ comment: Comment) throws {
        let log = try directory.open()
        log.close()
        try directory.expectPublished(entries(0..<1040))
        #expect(SyncedState(try directory.bytes(directory.synced))?.size == 1024, comment)
    }

    @Test("A start begins at it: the journal before it is not even read") func beginsThere() async throws {
        let directory = try await killed()
        var replayed: [UInt64] = []
        _ = try JournalReplay(folder: directory.path + "/journal", from: 768) { index, _, _ in
            replayed.append(index)
        }
        #expect(replayed == Array(768..<1040))
        try expectOpens(directory, "as the kill left it")
    }

    @Test("Missing, garbage, or ahead of the checkpoint: the whole journal is read instead") func unusable()
        async throws
    {
        let origin = try await killed()
        let text = String(decoding: try origin.bytes(origin.synced), as: UTF8.self)
        let ahead = text.replacing("768", with: "1048832")
        let states = ["", "{}", "null", "\u{0}\u{0}\u{0}", text.replacing("768", with: "767"), ahead]
        for state in states {
            let directory = try origin.copied()
            try directory.write(Array(state.utf8), to: directory.synced)
            try expectOpens(directory, "`\(state)`")
        }
        try origin.remove(origin.synced)
        try expectOpens(origin, "missing")
    }

    /// Refused with a remedy that works.
    private func expectRemedy(_ directory: DataDirectory, _ comment: Comment) throws {
        let error = #expect(throws: LogError.self, comment) { try directory.open() }
        #expect(error?.code == .historyMismatch)
        #expect(error?.message.contains("remove `journal/synced`") == true, "\(error?.message ?? "")")
        try directory.remove(directory.synced)
        try expectOpens(directory, comment)
    }

    @Test("From another log, for another size, or with hashes changed: refused, and the remedy works")
    func fromElsewhere() async throws {
        let origin = try await killed()
        let other = try DataDirectory()
        let log = try other.open()
        try await log.appendAll((0..<1000).map { entry("other \($0)") })
        log.close()
        let own = try #require(SyncedState(origin.bytes(origin.synced)))
        var states = [try #require(SyncedState(other.bytes(other.synced)))]
        for change in 0..<5 {
            var state = own
            switch change {
            case 0: state.hashes.reverse()
            case 1: state.hashes.removeLast()
            case 2: state.size = 512
            case 3: state.hashes[1] = state.hashes[0]
            default: (state.size, state.hashes) = (0, [own.hashes[0]])
            }
            states.append(state)
        }
        for (number, state) in states.enumerated() {
            let directory = try origin.copied()
            try directory.write(state.json.canonical, to: directory.synced)
            try expectRemedy(directory, "state \(number)")
        }
    }

    @Test(
        "Any tile deleted, emptied or changed: written anew, or refused, or missing; the root is always right"
    )
    func tiles() async throws {
        let origin = try await killed()
        let tiles = try origin.files(in: "log/tile")
        let root = naiveRoot(entries(0..<1040)[...])
        #expect(tiles.count >= 9)
        for tile in tiles {
            for damage in 0..<3 {
                let directory = try origin.copied()
                let file = directory.path + "/" + tile
                let bytes = try directory.bytes(file)
                switch damage {
                case 0: try directory.remove(file)
                case 1: try directory.write([], to: file)
                default: try directory.write(bytes.dropLast() + [bytes[bytes.count - 1] ^ 1], to: file)
                }
                do {
                    let log = try directory.open()
                    log.close()
                    #expect(try directory.publishedCheckpoint()?.root == root, "\(tile)")
                    if try !directory.verdict().isVerified { try expectRebuilt(directory, missing: tile) }
                } catch let error as LogError {
                    #expect(error.code == .historyMismatch, "\(tile)")
                    try expectRemedy(directory, "\(tile)")
                }
            }
        }
    }

    /// A full tile below the synced size is not looked at when opening; the auditor names it, and reading the
    /// whole journal writes it anew.
    private func expectRebuilt(_ directory: DataDirectory, missing tile: String) throws {
        let failure = try #require(try directory.verdict().failure)
        #expect("log/" + failure.what != "" && failure.what.contains(tile.dropFirst(4)), "\(failure)")
        try directory.remove(directory.synced)
        try expectOpens(directory, "\(tile)")
    }

    @Test("All tiles deleted: refused while the synced state speaks of them, rebuilt without it")
    func noTiles() async throws {
        let directory = try await killed()
        try directory.remove(directory.path + "/log/tile")
        try expectRemedy(directory, "no tiles")
    }

    @Test("A kill between two synchronisations: the tiles that the synced state relies on are still there")
    func betweenSynchronisations() async throws {
        let directory = try DataDirectory()
        let log = try directory.open()
        for start in stride(from: 0, to: 131_200, by: 3280) {
            for number in start..<start + 3279 { log.append([UInt8(number & 255)]) { _ in } }
            _ = try await log.append([7])
        }
        // Just beyond the second full tile of level 1: the last synchronisation relied on a part of it.
        let published = try await log.published(covering: 131_199)
        // Behind the publication, on a thread of its own.
        for _ in 0..<1000 {
            let synced = try? directory.bytes(directory.synced)
            if let size = synced.flatMap({ SyncedState($0) })?.size, size >= 65_536 { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        let copy = try directory.copied()
        log.close()
        let synced = try #require(SyncedState(copy.bytes(copy.synced)))
        #expect(synced.size >= 65_536)
        let again = try copy.open()
        #expect(again.publishedCheckpoint == published)
        again.close()
        #expect(try copy.verdict().isVerified)
    }

    @Test("Number and time are of the newest entries, those under the synced state included") func stamps()
        async throws
    {
        let directory = try DataDirectory()
        var log = try directory.open()
        #expect(try await log.append(entry("row", number: 41)) == 0)
        let late = noon.adding(seconds: 5)
        try await log.appendAll([entry("row", number: 42, at: late)] + entries(2..<900))
        log.close()
        for _ in 0..<3 {
            log = try directory.open()
            #expect(log.lastNumberAtOpening == 42)
            #expect(log.newestTimeAtOpening == late)
            log.close()
            #expect(SyncedState(try directory.bytes(directory.synced))?.lastNumber == 42)
        }
        try directory.remove(directory.synced)
        log = try directory.open()
        #expect(log.lastNumberAtOpening == 42)
        #expect(log.newestTimeAtOpening == late)
        log.close()
    }
}
