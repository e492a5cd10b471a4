import Foundation
import MerkleLog
import Model
import Testing

@testable import AuditLog
import TestSupport

/// A journal of three frames: the first is under the published checkpoint, the others were answered and not
/// yet published when the hub died. Then its bytes are attacked, one after the other.
@Suite("A damaged journal", .timeLimit(.minutes(20))) struct JournalDamageTests {
    let directory: DataDirectory
    let published = entries(0..<3)
    let middle = entries(3..<5)
    let last = entries(5..<7)
    let frames: [[UInt8]]

    init() async throws {
        directory = try DataDirectory()
        let log = try AuditLog(
            dataDirectory: directory.path, signer: directory.signer, reservedDiskBytes: 0)
        try await log.appendAll(published)
        log.close()
        // One frame instead of the few that group commit may have made.
        frames = [(0, published), (3, middle), (5, last)].map {
            JournalFrame(firstIndex: $0.0, entries: $0.1).encoded()
        }
        try directory.remove(directory.synced)
    }

    /// The number of entries after opening with this journal; what was refused is left as it was.
    private func open(_ journal: [UInt8]) throws -> Result<UInt64, LogError> {
        try directory.write(journal, to: directory.firstSegment)
        do throws(LogError) {
            let log = try AuditLog(
                dataDirectory: directory.path, signer: directory.signer, reservedDiskBytes: 0)
            log.close()
        } catch {
            #expect(try directory.bytes(directory.firstSegment) == journal, "a refusal changes nothing")
            return .failure(error)
        }
        let size = try #require(try directory.publishedCheckpoint()).size
        return .success(size)
    }

    /// Back to the checkpoint over the first frame alone.
    private func restoring<Value>(_ body: () throws -> Value) throws -> Value {
        let note = try directory.bytes(directory.checkpoint)
        defer {
            try? directory.write(note, to: directory.checkpoint)
            try? directory.remove(directory.path + "/log/tile")
            try? directory.remove(directory.synced)
        }
        return try body()
    }

    private func expectSize(_ size: UInt64, _ journal: [UInt8], _ comment: Comment) throws {
        try restoring {
            #expect(try open(journal) == .success(size), comment)
            #expect(
                try directory.bytes(directory.firstSegment) == frames[0] + (size > 3 ? frames[1] : [])
                    + (size > 5 ? frames[2] : []))
            try directory.expectPublished(entries(0..<Int(size)))
        }
    }

    private func expectRefused(_ code: LogError.Code, _ journal: [UInt8], _ comment: Comment) throws {
        try restoring {
            let result = try open(journal)
            guard case .failure(let error) = result else {
                Issue.record("opened: \(comment)")
                return
            }
            #expect(error.code == code, comment)
        }
    }

    @Test("An undamaged one is read to its end") func whole() throws {
        try expectSize(7, frames[0] + frames[1] + frames[2], "whole")
    }

    @Test("A last frame cut off at any byte is a torn write: all before it stays") func cut() throws {
        for length in 0..<frames[2].count {
            try expectSize(5, frames[0] + frames[1] + frames[2].prefix(length), "cut after \(length) bytes")
        }
    }

    @Test("A last frame that is only zeros from any byte on is a torn write, however long the file")
    func zeros() throws {
        for length in 0..<frames[2].count {
            let tail = [UInt8](repeating: 0, count: frames[2].count - length + length % 3 * 4096)
            // A digest may end in zeros that are its own.
            if frames[2].prefix(length) + tail == frames[2][...] { continue }
            try expectSize(5, frames[0] + frames[1] + frames[2].prefix(length) + tail, "zeros from \(length)")
        }
    }

    @Test("A last frame with any byte changed is cut off whole, never read in part") func flippedLast() throws
    {
        for place in frames[2].indices {
            var frame = frames[2]
            frame[place] ^= 1 << (place % 8)
            try expectSize(5, frames[0] + frames[1] + frame, "byte \(place)")
        }
    }

    @Test("A changed byte with whole frames behind it is refused") func flippedEarlier() throws {
        for place in 0..<frames[0].count + frames[1].count {
            var journal = frames[0] + frames[1] + frames[2]
            journal[place] ^= 1 << (place % 8)
            try expectRefused(.journalDamaged, journal, "byte \(place)")
        }
    }

    @Test("Damage to what a published checkpoint covers is refused, even in the last frame") func covered()
        throws
    {
        for place in frames[0].indices {
            var flipped = frames[0]
            flipped[place] ^= 1 << (place % 8)
            try expectRefused(.historyMismatch, flipped, "byte \(place)")
            try expectRefused(.historyMismatch, Array(frames[0].prefix(place)), "cut after \(place) bytes")
            let zeroed = frames[0].prefix(place) + [UInt8](repeating: 0, count: frames[0].count - place)
            if Array(zeroed) != frames[0] {
                try expectRefused(.historyMismatch, Array(zeroed), "zeros from \(place)")
            }
        }
    }

    @Test("Frames left out, doubled or in the wrong order are refused") func order() throws {
        let wrong = [
            frames[0] + frames[2], frames[0] + frames[1] + frames[1], frames[1] + frames[2],
            frames[0] + frames[2] + frames[1], frames[0] + frames[0],
        ]
        for (number, journal) in wrong.enumerated() {
            try expectRefused(.journalDamaged, journal, "order \(number)")
        }
    }

    @Test("Segments: one missing, one torn in the middle, an empty last one") func segments() throws {
        let folder = directory.path + "/journal"
        func place(_ segments: [UInt64: [UInt8]]) throws {
            for name in try SystemFiles().list(folder) { try directory.remove(folder + "/" + name) }
            for (first, bytes) in segments { try directory.write(bytes, to: Journal.path(folder, first)) }
        }
        func code() -> LogError.Code? { #expect(throws: LogError.self) { try directory.open() }?.code }

        try place([0: frames[0], 5: frames[2]])
        #expect(code() == .journalDamaged)
        try place([3: frames[1], 5: frames[2]])
        #expect(code() == .historyMismatch)
        try place([0: frames[0], 3: frames[1].dropLast(), 5: frames[2]])
        #expect(code() == .journalDamaged)
        try place([0: frames[0] + [0], 3: frames[1]])
        #expect(code() == .journalDamaged)
        try place([0: frames[0], 3: frames[1], 5: [], .max: []])
        #expect(code() == .journalDamaged)
        try place([0: frames[0], 3: frames[1], 5: frames[2].dropLast()])
        #expect(try directory.open().publishedCheckpoint.size == 5)
        try place([0: frames[0], 3: frames[1], 5: []])
        let log = try AuditLog(
            dataDirectory: directory.path, signer: directory.signer, reservedDiskBytes: 0)
        #expect(log.publishedCheckpoint.size == 5)
        log.close()
        try directory.expectPublished(published + middle)
    }

    @Test("Other files in the folder are not taken for segments") func strangers() throws {
        let names = ["+0000000000000000007.journal", "7.journal", "0000000000000000000x.journal", ".journal"]
        for name in names {
            try directory.write(frames[2], to: directory.path + "/journal/" + name)
            #expect(Journal.firstIndex(ofSegment: name) == nil)
        }
        try expectSize(7, frames[0] + frames[1] + frames[2], "strangers")
        let path = Journal.path("", 1_234)
        #expect(Journal.firstIndex(ofSegment: String(path.dropFirst())) == 1_234)
    }

    @Test("Any bytes for a journal are cut off or refused, never a trap and never a wrong log")
    func randomBytes() throws {
        var generator = SeededGenerator.announced("random journals")
        for round in 0..<150 {
            var journal = frames[0] + frames[1] + frames[2]
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let start = Int.random(in: 0..<journal.count, using: &generator)
                let end = min(journal.count, start + Int.random(in: 0...40, using: &generator))
                let length = Int.random(in: 0...40, using: &generator)
                journal.replaceSubrange(start..<end, with: generator.bytes(length))
                if journal.isEmpty { journal = [0] }
            }
            try restoring {
                guard case .success(let size) = try open(journal) else { return }
                #expect((3...7).contains(size), "round \(round)")
                try directory.expectPublished(entries(0..<Int(size)))
            }
        }
    }
}
