import Foundation
import Model
import Testing

@testable import AuditLog
import TestSupport

@Suite("Number and time of an entry") struct EntryStampTests {
    /// What reading the whole JSON value says.
    private func expectSame(_ entry: [UInt8]) throws {
        let json = try JSON.parse(entry)
        let stamp = EntryStamp(entry)
        #expect(stamp.number == json["seq"]?.integer, "\(String(decoding: entry, as: UTF8.self))")
        #expect(
            stamp.time(in: entry) == json["at"]?.string.flatMap { Instant($0) },
            "\(String(decoding: entry, as: UTF8.self))")
    }

    @Test("Only the entry's own members count, however alike others look")
    func nested() throws {
        let actor: JSON = ["seq": 5, "at": "2030-01-01T00:00:00.000Z", "a": [["seq": 6]]]
        let time: JSON = "2026-01-01T00:00:00.000Z"
        let values: [JSON] = [
            ["actor": actor, "at": time, "seq": 9], ["actor": actor, "at": time, "seq": .null],
            ["actor": actor, "at": time], ["seq": 9], ["seq": -9], ["seq": "9"], ["seq": .number(9.5)],
            ["at": 9], [:], [],
            ["\"seq\":7,": 8, "a\\": "\\\"seq\":5", "at": "\",\"seq\":7", "b": "}", "seq": 1, "z": "{["],
            ["at": "seq", "b": "at", "c": "\"", "seq": .integer(.max)], ["seq": [1]],
            ["at": ["x"], "seq": ["seq": 3]],
            ["at": "not a time", "seq": .integer(.min)], "seq", 7, [["seq": 7, "at": time]],
        ]
        for value in values { try expectSame(value.canonical) }
    }

    @Test("It agrees with the JSON reader on random entries") func random() throws {
        var generator = SeededGenerator.announced("entry stamps")
        let texts = [
            "seq", "at", "\"seq\":1", "\\", "\"", "{", "}]", ":", "a,b", "\u{1F6E9}", "2026-01-01T00:00:00Z",
        ]
        func value(_ depth: Int) -> JSON {
            switch Int.random(in: 0..<(depth > 0 ? 7 : 4), using: &generator) {
            case 0: .integer(Int64.random(in: -99...99, using: &generator))
            case 1: .string(texts.randomElement(using: &generator) ?? "")
            case 2: .null
            case 3: .number(Double.random(in: -9...9, using: &generator))
            case 4: .array((0..<3).map { _ in value(depth - 1) })
            default: object(depth - 1)
            }
        }
        func object(_ depth: Int) -> JSON {
            var members: [String: JSON] = [:]
            for _ in 0..<Int.random(in: 0...5, using: &generator) {
                members[texts.randomElement(using: &generator) ?? ""] = value(depth)
            }
            return .object(members)
        }
        for _ in 0..<3000 { try expectSame(object(3).canonical) }
    }

    @Test("Any bytes are looked at without a trap") func anyBytes() {
        var generator = SeededGenerator.announced("stamps of any bytes")
        let whole = entry("text", number: 7)
        for length in 0...whole.count {
            let cut = Array(whole.prefix(length))
            #expect(EntryStamp(cut).number.map { $0 == 7 } ?? true)
            _ = EntryStamp(Array("\"at\":\"seq\":}]{[\\".utf8).shuffled(using: &generator))
            _ = EntryStamp(generator.bytes(length))
        }
        for text in ["{\"at\":", "{\"at\":\"", "{\"seq\":", "{\"seq\"", "\"", "\"\\", "{\"\\", "}}\"seq\":1"]
        {
            #expect(EntryStamp(Array(text.utf8)).number == nil)
        }
    }
}
