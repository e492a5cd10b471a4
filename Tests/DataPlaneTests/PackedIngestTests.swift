import Foundation
import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Ingest of packed files")
struct PackedIngestTests {
    private func shape(_ coding: ContentCoding, limit: Int = 1 << 40) -> IngestShape {
        IngestShape(ownerRule: .column("owner"), coding: coding, maximumDecodedBytes: limit)
    }

    @Test(
        "a packed file becomes the same version, in pieces of any size",
        arguments: [ContentCoding.gzip, .zstd])
    func same(coding: ContentCoding) throws {
        let text = "owner,v\n" + (0..<5_000).map { "o\($0 % 7),\($0)\n" }.joined()
        let bytes = try packed(Array(text.utf8), coding)
        let (plain, hub) = (try Hub(), try Hub())
        let expected = try plain.ingest(text)
        let ingest = try hub.store.beginIngest(dataset: hub.dataset, version: 1, shape: shape(coding))
        for start in stride(from: 0, to: bytes.count, by: 100) {
            try ingest.consume(Array(bytes[start..<min(start + 100, bytes.count)]))
        }
        #expect(try ingest.finish() == expected)
        // The owner table has a random key.
        for name in ["rows-1-0", "blocks-1-0"] {
            #expect(
                FileManager.default.contentsEqual(
                    atPath: plain.path() + "/" + name, andPath: hub.path() + "/" + name))
        }
    }

    @Test(
        "a damaged or cut file is refused with its place, and nothing is left",
        arguments: [
            ContentCoding.gzip, .zstd,
        ])
    func refused(coding: ContentCoding) throws {
        let bytes = try packed(Array("owner,v\na,1\n".utf8), coding)
        let hub = try Hub()
        for (file, code) in [
            (Array(bytes.dropLast(3)), "truncated_\(coding)"), (bytes + [0x41], "bad_\(coding)"),
            (Array("owner,v\na,1\n".utf8), "bad_\(coding)"), ([], "truncated_\(coding)"),
        ] {
            let fault = #expect(throws: ClientFault.self) { try hub.ingest(file, shape(coding)) }
            #expect(fault?.code == code && fault?.kind == .unprocessable)
            #expect(hub.names == ["meters"])
        }
        let empty = #expect(throws: ClientFault.self) { try hub.ingest(packed([], coding), shape(coding)) }
        #expect(empty?.code == "empty_file" && hub.names == ["meters"])
    }

    @Test("a bomb is refused before it has filled anything", arguments: [ContentCoding.gzip, .zstd])
    func bomb(coding: ContentCoding) throws {
        let compressor = try Compressor(coding, level: 9)
        var bytes = try compressor.compress(Array("owner,v\n".utf8), flush: .none)
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<100 { bytes += try compressor.compress(block, flush: .none) }
        bytes += try compressor.compress([], flush: .end)
        let hub = try Hub()
        let fault = #expect(throws: ClientFault.self) { try hub.ingest(bytes, shape(coding)) }
        #expect(fault?.code == "decompression_bomb" && fault?.kind == .tooLarge && fault?.remedy != nil)
        #expect(hub.names == ["meters"])
        // One that stays below the ratio by bytes that cannot be packed meets the limit.
        var random = SeededGenerator.announced("a slow bomb")
        let slow = try packed(Array("owner,v\n".utf8) + random.bytes(100_000) + block, coding)
        let limited = #expect(throws: ClientFault.self) {
            try hub.ingest(slow, shape(coding, limit: 1_000_000))
        }
        #expect(limited?.code == "too_large" && limited?.kind == .tooLarge && hub.names == ["meters"])
    }

    @Test("what packs very well but is small is no bomb")
    func noBomb() throws {
        let text = "owner,v\n" + String(repeating: "a,\(String(repeating: "0", count: 60_000))\n", count: 500)
        let report = try Hub().ingest(packed(Array(text.utf8), .zstd), shape(.zstd))
        #expect(report.rows == 500)
    }
}
