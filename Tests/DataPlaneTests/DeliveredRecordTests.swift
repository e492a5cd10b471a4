import Cryptography
import Model
import Testing

@testable import DataPlane

@Suite("Delivered record")
struct DeliveredRecordTests {
    private let entries = ["meter-7", "NL-12", "", "é \"quoted\"\n"].enumerated().map { index, key in
        DeliveredRecord.Entry(ownerKey: key, rows: 10 + index, fields: ["kwh", "at"])
    }

    private func sorted(_ entries: [DeliveredRecord.Entry?]) -> [String] {
        entries.map { $0.map { "\($0.ownerKey) \($0.rows) \($0.fields)" } ?? "erased" }.sorted()
    }

    @Test("what was delivered is read back under the commitment")
    func roundTrip() throws {
        let record = DeliveredRecord(entries, random: SecureRandom.bytes)
        #expect(record.commitment.count == 32)
        let read = try DeliveredRecord(file: record.file, commitment: record.commitment)
        #expect(sorted(read.entries) == sorted(entries))
        let empty = DeliveredRecord([], random: SecureRandom.bytes)
        #expect(try DeliveredRecord(file: empty.file, commitment: empty.commitment).entries.isEmpty)
    }

    @Test("the commitment is SHA-256 of the nonce and the digests of the lines, as documented")
    func commitment() throws {
        let record = DeliveredRecord(entries, random: SecureRandom.bytes)
        let lines = record.file.split(separator: UInt8(ascii: "\n"))
        let nonce = try #require(try JSON.parse(lines[0])["nonce"]?.string.flatMap { Base64.decodeURL($0) })
        let expected = SHA256.hash(lines.dropFirst().reduce(nonce) { $0 + SHA256.hash(Array($1)) })
        #expect(record.commitment == expected)
    }

    @Test("one owner is erased: his key and salt are gone, the others' lines and the commitment stand")
    func erasing() throws {
        let record = DeliveredRecord(entries, random: SecureRandom.bytes)
        let erased = try #require(record.erasing(ownerKey: "meter-7"))
        #expect(erased.commitment == record.commitment)
        let text = String(decoding: erased.file, as: UTF8.self)
        #expect(!text.contains("meter-7"))
        let read = try DeliveredRecord(file: erased.file, commitment: record.commitment)
        #expect(sorted(read.entries) == sorted([nil, entries[1], entries[2], entries[3]]))
        #expect(read.erasing(ownerKey: "meter-7") == nil)
        #expect(record.erasing(ownerKey: "meter-8") == nil)
        let two = try #require(read.erasing(ownerKey: ""))
        #expect(try DeliveredRecord(file: two.file, commitment: record.commitment).entries.count == 4)
    }

    @Test("equal deliveries have different salts, so different commitments")
    func salted() {
        let (a, b) = (
            DeliveredRecord(entries, random: SecureRandom.bytes),
            DeliveredRecord(entries, random: SecureRandom.bytes)
        )
        #expect(a.commitment != b.commitment)
        let twice = DeliveredRecord([entries[0], entries[0]], random: SecureRandom.bytes)
        #expect(
            Set(twice.file.split(separator: UInt8(ascii: "\n")).map { SHA256.hash(Array($0)) }).count == 3)
    }

    @Test("the order of lines says nothing about owners")
    func order() {
        let keys = (0..<20).map { DeliveredRecord.Entry(ownerKey: "o\(10 + $0)", rows: 1, fields: []) }
        let orders = (0..<5).map { _ in
            DeliveredRecord(keys, random: SecureRandom.bytes).entries.map { $0?.ownerKey }
        }
        #expect(Set(orders).count > 1)
    }

    @Test("any flipped, missing or added byte is found")
    func tampering() {
        let record = DeliveredRecord(Array(entries.prefix(2)), random: SecureRandom.bytes)
        let file = record.file
        for index in file.indices {
            var changed = file
            changed[index] ^= 0x01
            #expect(throws: DataPlaneError.self) {
                try DeliveredRecord(file: changed, commitment: record.commitment)
            }
            changed = file
            changed.remove(at: index)
            #expect(throws: DataPlaneError.self) {
                try DeliveredRecord(file: changed, commitment: record.commitment)
            }
        }
        for suffix in ["\n", "x", "{}\n", "{\"erased\":\"\"}\n"] {
            #expect(throws: DataPlaneError.self) {
                try DeliveredRecord(file: file + Array(suffix.utf8), commitment: record.commitment)
            }
        }
        #expect(throws: DataPlaneError.self) { try DeliveredRecord(file: [], commitment: record.commitment) }
    }
}
