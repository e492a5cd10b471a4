import Cryptography
import Foundation
import MerkleLog
import Testing

@testable import AuditLog
import TestSupport

@Suite("Frames of the journal") struct JournalFrameTests {
    private func random(_ generator: inout SeededGenerator) -> JournalFrame {
        let entries = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
            generator.bytes(Int.random(in: 0...60, using: &generator))
        }
        return JournalFrame(firstIndex: generator.next(), entries: entries)
    }

    @Test("A frame comes back as it was, wherever it lies") func roundTrip() throws {
        var generator = SeededGenerator.announced("frames")
        for _ in 0..<300 {
            let frame = random(&generator)
            let bytes = frame.encoded()
            let before = generator.bytes(Int.random(in: 0...80, using: &generator))
            let after = generator.bytes(Int.random(in: 0...80, using: &generator))
            let read = try #require(JournalFrame.decode(before + bytes + after, at: before.count))
            #expect(read.frame == frame)
            #expect(read.end == before.count + bytes.count)
        }
    }

    @Test("Its bytes are those of the format's description") func format() {
        let bytes = JournalFrame(firstIndex: 0x0102_0304_0506_0708, entries: [[0xAA], []]).encoded()
        let head: [UInt8] = [
            0x53, 0x4C, 0x4A, 0x32, 0, 0, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 2, 0, 1, 0xAA, 0, 0,
        ]
        let leaves = SHA256.hash([0, 0xAA]) + SHA256.hash([0])
        #expect(bytes == head + SHA256.hash(head.prefix(20) + leaves))
    }

    @Test("A frame of 70,000 entries, and one of the longest entries") func large() throws {
        let many = JournalFrame(firstIndex: 3, entries: [[UInt8]](repeating: [7], count: 70_000))
        #expect(JournalFrame.decode(many.encoded(), at: 0)?.frame == many)
        let longest = [UInt8](repeating: 9, count: EntryBundle.maximumEntryBytes)
        let long = JournalFrame(firstIndex: 0, entries: [longest, [], longest])
        #expect(JournalFrame.decode(long.encoded(), at: 0)?.frame == long)
    }

    @Test("No shorter, longer or changed frame is one") func damage() {
        var generator = SeededGenerator.announced("damaged frames")
        let bytes = JournalFrame(firstIndex: 5, entries: [[1, 2, 3], [], [4]]).encoded()
        for length in bytes.indices {
            #expect(JournalFrame.decode(Array(bytes.prefix(length)), at: 0) == nil)
        }
        for place in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[place] ^= 1 << bit
                #expect(JournalFrame.decode(changed, at: 0) == nil)
                #expect(JournalFrame.decode(changed + generator.bytes(100), at: 0) == nil)
            }
        }
        for start in 1...bytes.count + 3 { #expect(JournalFrame.decode(bytes, at: start) == nil) }
    }

    @Test(
        "Lengths and counts that lie are refused, with a right digest too, and nothing is reserved for them")
    func lies() {
        func sealed(length: UInt32, count: UInt32, payload: [UInt8]) -> [UInt8] {
            var bytes = JournalFrame.magic
            bytes.appendBigEndian(length)
            bytes.appendBigEndian(UInt64.max)
            bytes.appendBigEndian(count)
            return bytes + payload + SHA256.hash(bytes + leaves(payload))
        }
        /// Of the whole entries that the payload begins with.
        func leaves(_ payload: [UInt8]) -> [UInt8] {
            var leaves: [UInt8] = []
            var rest = payload[...]
            while rest.count >= 2, case let length = Int(rest.removeFirst()) << 8 + Int(rest.removeFirst()),
                rest.count >= length
            {
                leaves += SHA256.hash([0] + rest.prefix(length))
                rest = rest.dropFirst(length)
            }
            return leaves
        }
        #expect(JournalFrame.decode(sealed(length: 3, count: 1, payload: [0, 1, 7]), at: 0) != nil)
        let lies: [(UInt32, UInt32, [UInt8])] = [
            (.max, 1, [0, 1, 7]), (3, .max, [0, 1, 7]), (3, 0, [0, 1, 7]), (2, 1, [0, 1, 7]),
            (4, 1, [0, 1, 7]),
            (3, 1, [0, 2, 7]), (3, 1, [0xFF, 0xFF, 7]), (1, 1, [0]), (1, 0, [0]), (0, 1, []),
            (.max, .max, []),
            (1 << 31, 1, [UInt8](repeating: 0, count: 999)), (5, 2, [0, 1, 7, 0, 1]),
        ]
        for (length, count, payload) in lies {
            #expect(JournalFrame.decode(sealed(length: length, count: count, payload: payload), at: 0) == nil)
        }
        #expect(JournalFrame.decode(sealed(length: 0, count: 0, payload: []), at: 0)?.frame.entries == [])
    }

    @Test("Any bytes are looked at without a trap, after the magic too") func anyBytes() {
        var generator = SeededGenerator.announced("frames of any bytes")
        for length in 0..<400 {
            #expect(JournalFrame.decode(generator.bytes(length), at: 0) == nil)
            #expect(JournalFrame.decode(JournalFrame.magic + generator.bytes(length), at: 0) == nil)
            #expect(JournalFrame.decode(JournalFrame.magic + [0, 0] + generator.bytes(length), at: 0) == nil)
        }
    }

    @Test("An entry that holds a frame's magic thousands of times does not make a torn write slow")
    func slow() throws {
        let directory = try DataDirectory()
        // Text has no byte below a space, so the shortest frame it can claim has 512 MiB: longer than a
        // segment.
        let text = [UInt8]("SLJ2    ".utf8)
        let entry = Array([[UInt8]](repeating: text, count: 8000).joined())
        let frame = JournalFrame(firstIndex: 0, entries: [[UInt8]](repeating: entry, count: 40)).encoded()
        try directory.write(frame.dropLast(), to: directory.firstSegment)
        let start = ContinuousClock().now
        let replay = try JournalReplay(folder: directory.path + "/journal", from: 0) { _, _, _ in }
        #expect(replay.isTorn && replay.size == 0)
        #expect(ContinuousClock().now - start < .seconds(120))
    }
}
