import Foundation
import Model
import NIOHTTP1
import TestSupport
import Testing

@testable import sluis

/// Parts of answers: bytes of the whole, and rows of those owners alone of whom a byte went.
@Suite("Reads of a range", .serialized)
struct RangeReadTests {
    /// An answer before, and where its rows lie.
    private struct Whole {
        let answer: RawAnswer
        /// Owner key and bytes of each row of CSV.
        let rows: [(key: String, bytes: Range<Int>)]

        init(_ answer: RawAnswer) {
            self.answer = answer
            var rows: [(String, Range<Int>)] = []
            var start = 0
            for (index, byte) in answer.body.enumerated() where byte == UInt8(ascii: "\n") {
                let line = answer.body[start...index]
                rows.append(
                    (
                        String(decoding: line.prefix { $0 != UInt8(ascii: ",") }, as: UTF8.self),
                        start..<index + 1
                    ))
                start = index + 1
            }
            self.rows = Array(rows.dropFirst())
        }

        var tag: String { answer.headers.first(name: "ETag") ?? "" }

        /// How many rows of each owner have bytes in a range.
        func counts(in range: Range<Int>) -> [String: Int] {
            rows.filter { $0.bytes.overlaps(range) }.reduce(into: [:]) { $0[$1.key, default: 0] += 1 }
        }
    }

    /// A part as it came, and what it should be.
    private typealias Part = (answer: RawAnswer, range: Range<Int>)

    private static func check(
        _ exchange: TestExchange, _ token: String?, _ query: String, _ whole: Whole, _ field: String,
        _ range: Range<Int>, dataset: String = "flights"
    ) async throws -> Part {
        let part = try await exchange.raw(
            token, query, ["Range": "bytes=\(field)", "If-Range": whole.tag], dataset: dataset)
        #expect(part.status == 206 && part.body == Array(whole.answer.body[range]), "\(field)")
        let said = part.headers.first(name: "Content-Range") ?? ""
        let place = "bytes \(range.lowerBound)-\(range.upperBound - 1)/"
        let mayLackTotal = !field.hasPrefix("-") && !field.hasSuffix("-")
        #expect(
            said == place + String(whole.answer.body.count) || said == place + "*" && mayLackTotal, "\(said)")
        #expect(part.headers["ETag"] == [whole.tag])
        #expect(part.trailers["Content-Digest"] == [RawAnswer.digest(part.body)])
        #expect(part.trailers["Repr-Digest"].isEmpty && part.trailers["Sluis-Status"] == ["complete"])
        return (part, range)
    }

    /// Entries and side files name what went and nothing else.
    private static func checkEntries(_ exchange: TestExchange, _ whole: Whole, _ parts: [Part]) throws {
        let schema = try EntrySchema()
        for (answer, range) in parts {
            let entry = try exchange.entry(answer.completion)
            #expect(schema.faults(of: entry) == [])
            let counts = whole.counts(in: range)
            #expect(entry["rows"] == .integer(Int64(counts.values.reduce(0, +))), "\(range)")
            #expect(entry["bytes"] == .integer(Int64(range.count)) && entry["status"] == "complete")
            #expect(entry["epochs"]?.array?.map { $0.array?.last } == [0])
            #expect(try exchange.deliveries(entry) == counts, "\(range)")
        }
    }

    @Test("Every range of a small answer", .timeLimit(.minutes(3)))
    func everyRange() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 3)
        for owner in 0..<2 { try await exchange.grant(owner) }
        let token = try await exchange.token()
        let query = "?fields=plane,seat"
        let whole = Whole(try await exchange.raw(token, query))
        let count = whole.answer.body.count
        #expect(count == 26 && whole.rows.count == 3)
        var parts: [Part] = []
        for first in 0..<count {
            for last in first..<count + 2 {
                parts.append(
                    try await Self.check(
                        exchange, token, query, whole, "\(first)-\(last)", first..<min(last + 1, count)))
            }
            parts.append(try await Self.check(exchange, token, query, whole, "\(first)-", first..<count))
            parts.append(
                try await Self.check(
                    exchange, token, query, whole, "-\(first + 2)", max(0, count - first - 2)..<count))
        }
        var refused: [RawAnswer] = []
        for field in ["\(count)-", "\(count)-\(count + 5)", "-0"] {
            let none = try await exchange.raw(
                token, query, ["Range": "bytes=\(field)", "If-Range": whole.tag])
            #expect(none.status == 416 && none.headers["Content-Range"] == ["bytes */\(count)"])
            refused.append(none)
        }
        exchange.hub.stop()
        for none in refused {
            let entry = try exchange.entry(none.entry)
            #expect(entry["type"] == "access" && entry["bytes"] == 0 && entry["delivered"] == .null)
        }
        #expect(try exchange.entry(parts[0].answer.completion)["type"] == "access")
        try Self.checkEntries(exchange, whole, parts)
    }

    @Test("What is no single range, or comes without the tag of now, gets the whole")
    func ignored() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 2)
        let grant = try await exchange.grant(1)
        let token = try await exchange.token()
        let whole = Whole(try await exchange.raw(token))
        for (range, tag) in [
            ("bytes=0-1,3-4", whole.tag), ("bytes=4-3", whole.tag), ("rows=0-1", whole.tag),
            ("bytes=0-1", nil),
            ("bytes=0-1", "W/" + whole.tag), ("bytes=0-1", "\"other\""),
            ("bytes=0-1", "Sun, 06 Nov 1994 08:49:37 GMT"), ("bytes=900-", nil),
        ] as [(String, String?)] {
            var fields: HTTPHeaders = ["Range": range]
            if let tag { fields.add(name: "If-Range", value: tag) }
            let answer = try await exchange.raw(token, "", fields)
            #expect(answer.status == 200 && answer.body == whole.answer.body, "\(range)")
            #expect(answer.headers["Content-Range"].isEmpty && !answer.trailers["Repr-Digest"].isEmpty)
        }
        let fields: HTTPHeaders = ["Range": "bytes=3-", "If-Range": whole.tag]
        #expect(try await exchange.raw(token, "", fields).status == 206)
        var first = fields
        first.add(name: "If-None-Match", value: whole.tag)
        #expect(try await exchange.raw(token, "", first).status == 304, "other conditions come first")
        try await exchange.withdraw(grant, by: 1)
        let stale = try await exchange.raw(token, "", fields)
        #expect(stale.status == 200 && stale.body == Array("plane,seat,fare\n".utf8))
    }

    private static let owners = 12
    private static let rowsOfEach = 3000

    private static func large() async throws -> (exchange: TestExchange, grants: [JSON]) {
        let digits = String(repeating: "0123456789", count: 50)
        var text = "plane,seat,fare\n"
        for row in 0..<rowsOfEach {
            for owner in 0..<owners { text += "K\(owner),\(row),\(owner).\(digits)\n" }
        }
        let exchange = try await TestExchange(TestHub(), owners: owners, csv: text)
        var grants: [JSON] = []
        for owner in 0..<owners { grants.append(try await exchange.grant(owner)) }
        return (exchange, grants)
    }

    @Test("Random ranges of streams, in both orders, with a condition", .timeLimit(.minutes(3)))
    func streams() async throws {
        var random = SeededGenerator.announced("ranges of streams")
        let (exchange, _) = try await Self.large()
        let token = try await exchange.token()
        var checked: [(Whole, [Part])] = []
        for query in ["", "?order=original", "?where=seat%20%3C%20500", "?fields=plane,seat&limit=20000"] {
            let whole = Whole(try await exchange.raw(token, query))
            let count = whole.answer.body.count
            #expect(count > 100_000)
            var parts: [Part] = []
            for round in 0..<12 {
                let first = Int.random(in: 0..<count, using: &random)
                let last = min(count - 1, first + (random.pick([0, 100, 70_000, 10_000_000])))
                let (field, range) =
                    switch round % 4 {
                    case 0: ("\(first)-", first..<count)
                    case 1: ("-\(count - first)", first..<count)
                    default: ("\(first)-\(last)", first..<last + 1)
                    }
                parts.append(try await Self.check(exchange, token, query, whole, field, range))
            }
            parts.append(try await Self.check(exchange, token, query, whole, "0-\(count + 9)", 0..<count))
            let none = try await exchange.raw(
                token, query, ["Range": "bytes=\(count)-", "If-Range": whole.tag])
            #expect(none.status == 416 && none.headers["Content-Range"] == ["bytes */\(count)"])
            checked.append((whole, parts))
        }
        exchange.hub.stop()
        for (whole, parts) in checked { try Self.checkEntries(exchange, whole, parts) }
    }

    @Test("A withdrawal inside one cuts it, and all that went is in its entry; then it begins anew")
    func cut() async throws {
        let (exchange, grants) = try await Self.large()
        let token = try await exchange.token()
        let whole = Whole(try await exchange.raw(token))
        let start = 100_001
        let fields: HTTPHeaders = ["Range": "bytes=\(start)-", "If-Range": whole.tag]
        let part = try await exchange.paused(token, "", fields) {
            // Whose rows come first: they have all gone, and still the rest is of another answer.
            try await exchange.withdraw(grants[0], by: 0)
        }
        #expect(part.status == 206 && part.trailers["Sluis-Status"] == ["cut"])
        let sent = start..<start + part.body.count
        #expect(part.body.count < whole.answer.body.count / 2)
        #expect(part.body == Array(whole.answer.body[sent]))
        #expect(part.trailers["Content-Digest"] == [RawAnswer.digest(part.body)])
        let again = try await exchange.raw(
            token, "", ["Range": "bytes=\(sent.upperBound)-", "If-Range": whole.tag])
        #expect(again.status == 200 && again.headers["ETag"] != [whole.tag])
        #expect(!String(decoding: again.body, as: UTF8.self).contains("K0,"))
        exchange.hub.stop()
        let entry = try exchange.entry(part.completion)
        #expect(entry["status"] == "cut" && entry["bytes"] == .integer(Int64(part.body.count)))
        #expect(entry["epochs"]?.array?.count == 1)
        #expect(try exchange.deliveries(entry) == whole.counts(in: sent))
    }

    @Test("Of an open dataset too")
    func open() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 0)
        let rows = (0..<30_000).map { "K,\($0),0.5\n" }.joined()
        try await TestExchange.publish(
            "open", "plane,seat,fare\n" + rows, rule: ["open": true], by: exchange.provider)
        let whole = Whole(try await exchange.raw(nil, dataset: "open"))
        let part = try await Self.check(
            exchange, nil, "", whole, "100000-200000", 100_000..<200_001, dataset: "open")
        exchange.hub.stop()
        let entry = try exchange.entry(part.answer.completion)
        #expect(entry["rows"]?.integer == Int64(whole.counts(in: part.range).values.reduce(0, +)))
        #expect(entry["delivered"] == .null && entry["epochs"] == [])
    }
}
