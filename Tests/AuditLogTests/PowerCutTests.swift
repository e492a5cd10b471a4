import Foundation
import MerkleLog
import Model
import Testing

@testable import AuditLog
import TestSupport

/// What a disk holds after the power went: of all that was not synchronised, any part in any order.
@Suite("The power goes in the middle of a commit", .timeLimit(.minutes(20)))
struct PowerCutTests {
    private static let sectorBytes = 512

    /// A closed log of 260 entries, and the bytes of a further commit whose sync never came back.
    private struct Scene {
        let directory: DataDirectory
        let journal: [UInt8]
        let commit: [UInt8]
        let kept: [[UInt8]]
        let lost: [[UInt8]]

        init(inFlight count: Int) async throws {
            directory = try DataDirectory()
            kept = entries(0..<260)
            lost = (0..<count).map { entry("in flight \($0) " + String(repeating: "x", count: 40)) }
            let log = try directory.open()
            try await log.appendAll(kept)
            log.close()
            journal = try directory.bytes(directory.firstSegment)
            commit = JournalFrame(firstIndex: 260, entries: lost).encoded()
        }

        /// Opens what is left, and expects exactly the acknowledged prefix, or with it the whole commit.
        func expectRecovers(_ tail: [UInt8], _ what: String) throws {
            try directory.write(journal + tail, to: directory.firstSegment)
            let log = try directory.open()
            defer { log.close() }
            let found = try directory.publishedEntries(log.publishedCheckpoint.size)
            #expect(found == (tail.starts(with: commit) ? kept + lost : kept), "\(what)")
        }
    }

    @Test("The journal is cut or filled with zeros from any byte of the last commit on")
    func everyByte() async throws {
        let scene = try await Scene(inFlight: 3)
        let zeros = [UInt8](repeating: 0, count: scene.commit.count + 4096)
        for end in 0..<scene.commit.count {
            try scene.expectRecovers(Array(scene.commit.prefix(end)), "cut at byte \(end)")
            try scene.expectRecovers(
                Array(scene.commit.prefix(end)) + zeros.dropFirst(end), "zeros from byte \(end) on")
        }
    }

    @Test("Any of the sectors of the last commit never reached the disk, or hold what was there before")
    func sectors() async throws {
        let scene = try await Scene(inFlight: 17)
        var generator = SeededGenerator.announced("torn sectors")
        // Sectors are those of the file, so the first one also holds the end of the commit before.
        let lead = scene.journal.count % Self.sectorBytes
        let count = (lead + scene.commit.count + Self.sectorBytes - 1) / Self.sectorBytes
        #expect(count >= 5)
        for lost in 1..<1 << count {
            for filling in 0..<3 {
                var tail = scene.commit
                let older = generator.bytes(tail.count)
                for place in tail.indices where lost >> ((lead + place) / Self.sectorBytes) & 1 == 1 {
                    tail[place] = [0, 0xFF, older[place]][filling]
                }
                try scene.expectRecovers(tail, "sectors \(String(lost, radix: 2)) lost, filling \(filling)")
            }
        }
        try scene.expectRecovers(scene.commit, "nothing lost")
        #expect(try scene.directory.publishedCheckpoint()?.size == 277)
    }

    @Test("Of the tiles that were not made durable any are missing, empty, cut or garbage")
    func tiles() async throws {
        var generator = SeededGenerator.announced("lost tiles")
        let directory = try DataDirectory()
        var log = try directory.open()
        try await log.appendAll(entries(0..<300))
        log.close()
        let settled = try directory.bytes(directory.synced)
        let durable = Set(try directory.files(in: "log/tile"))
        log = try directory.open()
        try await log.appendAll(entries(300..<1100))
        log.close()
        try directory.write(settled, to: directory.synced)
        let volatile = try directory.files(in: "log/tile").filter { !durable.contains($0) }
        #expect(volatile.count >= 8)
        for _ in 0..<150 {
            let copy = try directory.copied()
            for file in volatile where Bool.random(using: &generator) {
                let path = copy.path + "/" + file
                let bytes = try copy.bytes(path)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: try copy.remove(path)
                case 1: try copy.write([], to: path)
                case 2: try copy.write([UInt8](repeating: 0, count: bytes.count), to: path)
                default: try copy.write(Array(bytes.prefix(bytes.count / 2)), to: path)
                }
            }
            try copy.open().close()
            try copy.expectPublished(entries(0..<1100))
        }
    }
}
