import Foundation
import Testing
import TestSupport

@Suite("The fuzzers' corpora")
struct FuzzCorpusTests {
    private static func corpus(_ name: String) throws -> [(name: String, bytes: [UInt8])] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appending(path: "Fuzz/corpus/\(name)")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
            (name, Array(try Data(contentsOf: folder.appending(path: name))))
        }
    }

    @Test("every input of CSV comes to the same in every way, cut anywhere, in pieces of any size")
    func csv() throws {
        let corpus = try Self.corpus("csv")
        #expect(corpus.count >= 10)
        for (name, bytes) in corpus {
            for length in 0...bytes.count {
                #expect(
                    CsvTorture.run(Array(bytes[..<length]), pieceBytes: [1, 7, 40, 90, 200][length % 5]),
                    "\(name) \(length)")
            }
        }
    }

    @Test("every input of NDJSON is taken without a trap, cut anywhere, in pieces of any size")
    func ndjson() throws {
        let corpus = try Self.corpus("ndjson")
        #expect(corpus.count >= 10)
        for (name, bytes) in corpus {
            for length in 0...bytes.count {
                #expect(
                    NdjsonTorture.run(Array(bytes[..<length]), pieceBytes: 1 + length % 5),
                    "\(name) \(length)")
            }
        }
    }

    @Test("every packed input is taken without a trap, and changed anywhere too")
    func unpack() throws {
        let corpus = try Self.corpus("unpack")
        #expect(corpus.count >= 8)
        for (name, bytes) in corpus {
            #expect(UnpackTorture.run(bytes), "\(name)")
            for place in 0..<min(bytes.count, 200) {
                let damaged = bytes.prefix(1) + [0, UInt8(place), 0x55] + bytes.dropFirst(4)
                #expect(UnpackTorture.run(Array(damaged)), "\(name) \(place)")
            }
        }
    }

    @Test("random bytes behind the start of a real file are taken without a trap")
    func random() throws {
        var random = SeededGenerator.announced("packed files of random bytes")
        let heads: [[UInt8]] = [
            [0x67, 0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 3], [0x67, 0x1F, 0x8B, 0x08, 0xFF],
            [0x7A, 0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58], [0x7A, 0x28, 0xB5, 0x2F, 0xFD, 0x24],
            [0x7A, 0x50, 0x2A, 0x4D, 0x18], [0x7A, 0x28, 0xB5, 0x2F, 0xFD],
        ]
        for _ in 0..<20_000 {
            let bytes = random.pick(heads) + random.bytes(Int.random(in: 0...60, using: &random))
            #expect(UnpackTorture.run(bytes))
        }
    }

    @Test("every input of stored files is read as one story or refused, cut anywhere too")
    func segment() throws {
        let hub = try Hub()
        let torture = try SegmentTorture(folder: hub.directory)
        let corpus = try Self.corpus("segment")
        #expect(corpus.count >= 10)
        let rows = corpus.map { torture.run($0.bytes) }
        #expect(rows.contains { $0 == nil } && rows.contains { $0 == 6 } && rows.contains { $0 == 7 })
        for (_, bytes) in corpus {
            for length in stride(from: 0, to: bytes.count, by: 7) { torture.run(Array(bytes[..<length])) }
        }
    }

    @Test("whatever byte of a stored file is changed, with checksums to match: one story, or refused")
    func segmentBytes() throws {
        let hub = try Hub()
        let torture = try SegmentTorture(folder: hub.directory)
        for isOpen in [false, true] {
            let whole = torture.input(isOpen: isOpen) { $1 }
            #expect(torture.run(whole) == (isOpen ? 7 : 6))
            for place in whole.indices.dropFirst() {
                var changed = whole
                changed[place] ^= UInt8(1 + place % 255)
                torture.run(changed)
            }
        }
    }
}
