import Cryptography
import Model
import TestSupport
import Testing

@testable import AuditLog

@Suite("Side file")
struct SideFileTests {
    private let entries = ["meter-7", "NL-12", "", "é \"quoted\"\n"].enumerated().map { index, key in
        Self.line(key, rows: Int64(10 + index), fields: ["kwh", "at"])
    }

    private static func line(_ owner: String, rows: Int64, fields: [String]) -> [String: JSON] {
        ["owner": .string(owner), "rows": .integer(rows), "fields": JSON(fields)]
    }

    private func sorted(_ lines: [[String: JSON]?]) -> [String] {
        lines.map { $0.map { JSON.object($0).canonicalText } ?? "erased" }.sorted()
    }

    @Test("what was delivered is read back under the commitment")
    func roundTrip() throws {
        let record = SideFile(entries, random: SecureRandom.bytes)
        #expect(record.commitment.count == 32)
        let read = try SideFile(file: record.bytes, commitment: record.commitment)
        #expect(sorted(read.lines) == sorted(entries))
        let empty = SideFile([], random: SecureRandom.bytes)
        #expect(try SideFile(file: empty.bytes, commitment: empty.commitment).lines.isEmpty)
    }

    @Test("what went to owners is written as any other lines, whatever keys and fields there are")
    func deliveries() throws {
        var random = SeededGenerator.announced("side file of deliveries")
        let texts = [
            "", "NL7", "\"", "\\n", "é\u{1}\t", "e\u{301}", "\u{2028}", String(repeating: "k", count: 300),
        ]
        for count in [0, 1, 2, 300] {
            let deliveries = (0..<count).map { number in
                Delivery(
                    ownerKey: random.pick(texts) + "\(number)",
                    rows: Int.random(in: 0..<1 << 40, using: &random),
                    fields: texts.filter { _ in random.chance(40) },
                    period: DataSpan(
                        from: random.chance(30) ? Instant(milliseconds: Int64(number)) : nil,
                        to: random.chance(30) ? Instant(milliseconds: 1 << 40) : nil))
            }
            let lines = deliveries.map { delivery in
                Self.line(delivery.ownerKey, rows: Int64(delivery.rows), fields: delivery.fields)
                    .merging(delivery.period?.members ?? [:]) { $1 }
            }
            let seed = random.next()
            func source() -> (Int) -> [UInt8] {
                var generator = SeededGenerator(seed: seed)
                return { count in (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) } }
            }
            let (fast, plain) = (
                SideFile(deliveries: deliveries, random: source()), SideFile(lines, random: source())
            )
            #expect(fast.bytes == plain.bytes && fast.commitment == plain.commitment, "\(replay)")
            #expect(fast.lines == plain.lines, "\(replay)")
            let read = try SideFile(file: fast.bytes, commitment: fast.commitment)
            #expect(sorted(read.lines) == sorted(lines), "\(replay)")
            let isChosen = { (line: [String: JSON]) in line["rows"]?.integer.map { $0 % 3 == 0 } == true }
            #expect(fast.erasing(isChosen)?.bytes == read.erasing(isChosen)?.bytes, "\(replay)")
        }
    }

    @Test("what is visited is what the lines say, whatever stands between lines about deliveries")
    func visiting() throws {
        var random = SeededGenerator.announced("side files that are visited")
        for _ in 0..<200 {
            let lines = (0..<Int.random(in: 0...40, using: &random)).map { number -> [String: JSON] in
                if random.chance(5) { return ["epochs": [.integer(Int64(number))]] }
                let fields = random.pick([["a"], ["a", "b"], ["é"], []])
                var line = Self.line(random.pick(["k", "é", "\""]) + "\(number)", rows: 3, fields: fields)
                if random.chance(20) { line["from"] = "2026-01-01T00:00:00.000Z" }
                return line
            }
            var file = SideFile(lines, random: SecureRandom.bytes)
            let commitment = file.commitment
            for _ in 0..<4 {
                var visited: [[String: JSON]] = []
                file.visit { visited.append($0.members) }
                #expect(visited == file.lines.compactMap(\.self), "\(replay)")
                let count = file.lines.count { $0 != nil }
                if let less = file.erasing({ _ in random.chance(20) }) {
                    #expect(less.lines.count { $0 != nil } < count, "\(replay)")
                    file = try SideFile(file: less.bytes, commitment: commitment)
                    #expect(file.bytes == less.bytes, "\(replay)")
                }
            }
        }
    }

    @Test("lines about deliveries that the short way takes are those of the long way, and mean the same")
    func shortWay() throws {
        var random = SeededGenerator.announced("lines of side files")
        var taken = 0
        for _ in 0..<20_000 {
            var writer = DeliveryLine()
            let fields = ["a", "b\"", "é"].filter { _ in random.chance(60) }
            writer.turn(to: fields)
            let key = String(decoding: random.bytes(Int.random(in: 0...9, using: &random)), as: UTF8.self)
            let rows = random.chance(30) ? 0 : Int.random(in: 0..<1 << 50, using: &random)
            var line: [UInt8] = []
            let salt = random.bytes(16)
            let isPlain = writer.write(key, rows: rows, salt: salt.span, to: &line)
            let long = SideFileLine(Self.line(key, rows: Int64(rows), fields: fields), salt: salt)
            #expect(isPlain ? line == long.text : line.isEmpty, "\(replay)")
            line = long.text
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<line.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: line[place] = random.pick(Array("0aA_-\"\\{}:,".utf8))
                case 1: line.remove(at: place)
                default: line.insert(random.pick(Array("019AQg\"".utf8)), at: place)
                }
            }
            guard let short = writer.read(line.span) else { continue }
            taken += 1
            let read = try #require(SideFileLine(line), "\(String(decoding: line, as: UTF8.self)) \(replay)")
            #expect(read.members?["owner"]?.string?.utf8.elementsEqual(line[short.key]) == true, "\(replay)")
            #expect(read.members?["rows"]?.integer == Int64(short.rows), "\(replay)")
            #expect(read.members?["fields"] == JSON(fields), "\(replay)")
        }
        #expect(taken > 1_000)
    }

    @Test("the commitment is SHA-256 of the nonce and the digests of the lines, as documented")
    func commitment() throws {
        let record = SideFile(entries, random: SecureRandom.bytes)
        let lines = record.bytes.split(separator: UInt8(ascii: "\n"))
        let nonce = try #require(try JSON.parse(lines[0])["nonce"]?.string.flatMap { Base64.decodeURL($0) })
        let expected = SHA256.hash(lines.dropFirst().reduce(nonce) { $0 + SHA256.hash(Array($1)) })
        #expect(record.commitment == expected)
    }

    @Test("one owner is erased: his key and salt are gone, the others' lines and the commitment stand")
    func erasing() throws {
        let record = SideFile(entries, random: SecureRandom.bytes)
        let erased = try #require(record.erasing { $0["owner"] == "meter-7" })
        #expect(erased.commitment == record.commitment)
        let text = String(decoding: erased.bytes, as: UTF8.self)
        #expect(!text.contains("meter-7"))
        let read = try SideFile(file: erased.bytes, commitment: record.commitment)
        #expect(sorted(read.lines) == sorted([nil, entries[1], entries[2], entries[3]]))
        #expect(read.erasing { $0["owner"] == "meter-7" } == nil)
        #expect(record.erasing { $0["owner"] == "meter-8" } == nil)
        let two = try #require(read.erasing { $0["owner"] == "" })
        #expect(try SideFile(file: two.bytes, commitment: record.commitment).lines.count == 4)
    }

    @Test("equal deliveries have different salts, so different commitments")
    func salted() {
        let (a, b) = (
            SideFile(entries, random: SecureRandom.bytes),
            SideFile(entries, random: SecureRandom.bytes)
        )
        #expect(a.commitment != b.commitment)
        let twice = SideFile([entries[0], entries[0]], random: SecureRandom.bytes)
        #expect(
            Set(twice.bytes.split(separator: UInt8(ascii: "\n")).map { SHA256.hash(Array($0)) }).count == 3)
    }

    @Test("the order of lines says nothing about owners")
    func order() {
        let keys = (0..<20).map { Self.line("o\(10 + $0)", rows: 1, fields: []) }
        let orders = (0..<5).map { _ in
            SideFile(keys, random: SecureRandom.bytes).lines.map { $0?["owner"] }
        }
        #expect(Set(orders).count > 1)
    }

    @Test("any flipped, missing or added byte is found")
    func tampering() {
        let record = SideFile(Array(entries.prefix(2)), random: SecureRandom.bytes)
        let file = record.bytes
        for index in file.indices {
            var changed = file
            changed[index] ^= 0x01
            #expect(throws: LogError.self) {
                try SideFile(file: changed, commitment: record.commitment)
            }
            changed = file
            changed.remove(at: index)
            #expect(throws: LogError.self) {
                try SideFile(file: changed, commitment: record.commitment)
            }
        }
        for suffix in ["\n", "x", "{}\n", "{\"erased\":\"\"}\n"] {
            #expect(throws: LogError.self) {
                try SideFile(file: file + Array(suffix.utf8), commitment: record.commitment)
            }
        }
        #expect(throws: LogError.self) { try SideFile(file: [], commitment: record.commitment) }
    }
}
