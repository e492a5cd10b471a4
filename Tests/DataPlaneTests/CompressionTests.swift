import Foundation
import Model
import Testing

@testable import DataPlane
import TestSupport

/// Unpacked, piece by piece.
func unpacked(_ pieces: [[UInt8]], _ coding: ContentCoding) throws -> [UInt8] {
    var decompressor = try Decompressor(coding)
    var output: [UInt8] = []
    for piece in pieces {
        decompressor.push(piece)
        while let unpacked = try decompressor.pull() {
            #expect(
                !unpacked.isEmpty && unpacked.count <= Decompressor.maximumPieceBytes || coding == .identity)
            output += unpacked
        }
    }
    try decompressor.finish()
    return output
}

func packed(_ bytes: [UInt8], _ coding: ContentCoding, level: Int = 6) throws -> [UInt8] {
    try Compressor(coding, level: level).compress(bytes, flush: .end)
}

@Suite("Compression")
struct CompressionTests {
    private static let text = Array(
        (0..<40).map { "m\($0 % 3),2024-01-\($0),é€😀\($0 * 37)\n" }.joined().utf8)
    private static let codings: [ContentCoding] = [.gzip, .zstd]

    private func code(_ bytes: [UInt8], _ coding: ContentCoding) -> String? {
        do {
            _ = try unpacked([bytes], coding)
            return nil
        } catch {
            return (error as? ClientFault)?.code
        }
    }

    @Test("what is packed unpacks to the same, cut at every byte, at every level", arguments: codings)
    func roundTrip(coding: ContentCoding) throws {
        for level in [-1, 1, 6, 9, 19, 22, 99] {
            let bytes = try packed(Self.text, coding, level: level)
            #expect(bytes.count < Self.text.count)
            #expect(try unpacked([bytes], coding) == Self.text)
        }
        let bytes = try packed(Self.text, coding)
        #expect(try unpacked(bytes.map { [$0] }, coding) == Self.text)
        for cut in 0...bytes.count {
            #expect(try unpacked([Array(bytes[..<cut]), [], Array(bytes[cut...])], coding) == Self.text)
        }
        #expect(try unpacked([packed([], coding)], coding) == [])
        #expect(try unpacked([Self.text, []], .identity) == Self.text)
    }

    @Test("large and random content, in pieces of random size both ways", arguments: codings)
    func random(coding: ContentCoding) throws {
        var random = SeededGenerator.announced("compression")
        for _ in 0..<20 {
            let compressor = try Compressor(coding, level: Int.random(in: 1...9, using: &random))
            var (content, bytes): ([UInt8], [UInt8]) = ([], [])
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                let piece =
                    random.chance(50)
                    ? random.bytes(Int.random(in: 0...30_000, using: &random))
                    : [UInt8](repeating: 7, count: Int.random(in: 0...300_000, using: &random))
                content += piece
                bytes += try compressor.compress(piece, flush: random.pick([.none, .none, .block, .end]))
            }
            bytes += try compressor.compress([], flush: .end)
            var pieces: [[UInt8]] = []
            while !bytes.isEmpty {
                let count = min(bytes.count, Int.random(in: 1...40_000, using: &random))
                pieces.append(Array(bytes[..<count]))
                bytes.removeFirst(count)
            }
            let isSame = try unpacked(pieces, coding) == content
            #expect(isSame)
        }
    }

    @Test("after a flush everything given so far can be unpacked", arguments: codings)
    func flush(coding: ContentCoding) throws {
        let compressor = try Compressor(coding)
        var decompressor = try Decompressor(coding)
        for number in 0..<200 {
            let block = Array("block \(number)\n".utf8)
            decompressor.push(try compressor.compress(block, flush: .block))
            var output: [UInt8] = []
            while let piece = try decompressor.pull() { output += piece }
            #expect(output == block)
        }
        #expect(throws: ClientFault.self) { try decompressor.finish() }
        decompressor.push(try compressor.compress([], flush: .end))
        let last = try decompressor.pull()
        #expect(last == nil)
        try decompressor.finish()
    }

    @Test("Python reads our gzip, and we read Python's", .enabled(if: Python.isThere, "needs python3"))
    func python() throws {
        let unpack = "import gzip,sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())"
        let pack = """
            import gzip,sys; data = open(sys.argv[1], 'rb').read()
            sys.stdout.buffer.write(gzip.compress(data[:99], 1) + gzip.compress(data[99:], 9))
            """
        var random = SeededGenerator.announced("gzip against Python")
        for content in [[], Self.text, random.bytes(200_000), [UInt8](repeating: 0, count: 3_000_000)] {
            let theirs = try Python.run(unpack, packed(content, .gzip))
            let ours = try unpacked([Python.run(pack, content)], .gzip)
            #expect(theirs.elementsEqual(content) && ours.elementsEqual(content))
        }
    }

    @Test("members and frames follow each other; skippable frames are skipped", arguments: codings)
    func concatenated(coding: ContentCoding) throws {
        let one = try packed(Self.text, coding)
        let many = try one + packed([], coding) + one + packed(Array("x".utf8), coding)
        let content = Self.text + Self.text + [UInt8(ascii: "x")]
        #expect(try unpacked([many], coding) == content)
        #expect(try unpacked(many.map { [$0] }, coding) == content)
        guard coding == .zstd else { return }
        for size in [0, 1, 300] {
            let head: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, UInt8(size & 255), UInt8(size >> 8), 0, 0]
            let skipped = head + [UInt8](repeating: 0xAB, count: size)
            let frames = skipped + one + skipped + skipped + one + skipped
            #expect(try unpacked([frames], .zstd) == Self.text + Self.text)
            #expect(try unpacked(frames.map { [$0] }, .zstd) == Self.text + Self.text)
        }
    }

    @Test("cut short at every byte it is refused", arguments: codings)
    func truncated(coding: ContentCoding) throws {
        let bytes = try packed(Self.text, coding)
        for count in 0..<bytes.count {
            #expect(code(Array(bytes[..<count]), coding) == "truncated_\(coding)", "\(count) bytes")
        }
        let two = bytes + bytes
        for count in bytes.count + 1..<two.count {
            #expect(code(Array(two[..<count]), coding) == "truncated_\(coding)")
        }
    }

    @Test("with any byte changed it is refused, or what was changed means nothing", arguments: codings)
    func damaged(coding: ContentCoding) throws {
        let bytes = try packed(Self.text, coding)
        for index in bytes.indices {
            for change in [UInt8(0xFF), 0x01, 0x80, 0x10] {
                var damaged = bytes
                damaged[index] ^= change
                do {
                    #expect(try unpacked([damaged], coding) == Self.text, "byte \(index)")
                } catch let fault as ClientFault {
                    #expect(fault.kind == .unprocessable && fault.remedy != nil)
                    #expect(["bad_\(coding)", "truncated_\(coding)"].contains(fault.code))
                }
            }
        }
    }

    @Test("something else before, between or behind is refused, and it says where", arguments: codings)
    func foreign(coding: ContentCoding) throws {
        let bytes = try packed(Self.text, coding)
        for other in [Array("owner,v\n".utf8), [0], [0x1F], [0xFF, 0xFF], Array("PK\u{3}\u{4}".utf8)] {
            #expect(code(other + bytes, coding) == "bad_\(coding)", "\(other)")
            let behind = code(bytes + other, coding)
            #expect(behind == "bad_\(coding)" || other == [0x1F] && behind == "truncated_gzip", "\(other)")
        }
        let fault = #expect(throws: ClientFault.self) { try unpacked([bytes + Array("\n\n".utf8)], coding) }
        #expect(fault?.message.contains("something follows") == true)
        let swapped = try packed(Self.text, coding == .gzip ? .zstd : .gzip)
        let wrong = #expect(throws: ClientFault.self) { try unpacked([swapped], coding) }
        #expect(wrong?.message == "this is no \(coding) data, at the start of the file")
        var damaged = bytes
        damaged[bytes.count / 2] ^= 0xFF
        let found = #expect(throws: ClientFault.self) { try unpacked([damaged], coding) }
        #expect(
            found?.message.contains("data is damaged, at ") == true || found?.code.hasPrefix("trunc") == true)
    }

    @Test("zstd windows of more than 8 MiB and dictionaries are refused")
    func zstdLimits() throws {
        let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        let empty: [UInt8] = [1, 0, 0]
        #expect(code(magic + [0x00, 0x68] + empty, .zstd) == nil)
        for (window, says) in [([0x69], "8 MiB"), ([0x70], "8 MiB"), ([0xF8], "8 MiB")] as [([UInt8], String)]
        {
            let fault = #expect(throws: ClientFault.self) {
                try unpacked([magic + [0x00] + window + empty], .zstd)
            }
            #expect(fault?.message.contains(says) == true)
        }
        let fault = #expect(throws: ClientFault.self) {
            try unpacked([magic + [0x01, 0x00, 7] + empty], .zstd)
        }
        #expect(fault?.message.contains("dictionary") == true)
        let level22 = try packed([UInt8](repeating: 1, count: 9 << 20), .zstd, level: 22)
        let isRead = try unpacked([level22], .zstd).count == 9 << 20
        #expect(isRead)
    }
}
