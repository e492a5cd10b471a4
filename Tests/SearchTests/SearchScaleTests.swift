import AuditLog
import Foundation
import Model
import TestSupport
import Testing

@testable import Registry

/// Figures are printed, not asserted: machines differ. `SLUIS_ENTRIES` sets the number of entries.
@Suite("The search index at scale", .serialized) struct SearchScaleTests {
    private static let count =
        ProcessInfo.processInfo.environment["SLUIS_ENTRIES"].flatMap(Int.init) ?? 20_000

    /// Decision and completion entries as the hub writes them, of about 600 bytes.
    private static func entry(_ place: Int, _ random: inout SeededGenerator) -> [UInt8] {
        let isDecision = place % 2 == 0
        let agreement = AgreementID(at: noon, random: (0, UInt64(place % 500)))
        var members: [String: JSON] = [
            "v": 1, "type": isDecision ? "access.decided" : "access.completed",
            "at": JSON(Instant(milliseconds: noon.milliseconds + Int64(place) * 4)),
            "nonce": .string(Base64.encodeURL(random.bytes(16))), "seq": .null,
            "actor": [
                "org": .string("consumer-\(place % 40)"), "client": .string("consumer-\(place % 40)"),
                "x5t": .string(Base64.encodeURL(random.bytes(32))), "jti": .string("jti-\(place)"),
                "kid": "k1",
            ],
            "decision": place % 10 == 0 ? "deny" : "permit", "reasons": ["permitted"],
            "dataset": .string("dataset-\(place % 200)"), "version": 3,
            "agreement": .string(agreement.description),
            "purpose": .string("https://w3id.org/dpv#Purpose\(place % 7)"),
            "fields": ["kwh", "at", "tariff"],
            "epoch": 17, "policy": .string(Base64.encodeURL(random.bytes(32))),
            // A completion follows its decision.
            "stream": .string(Base64.encodeURL(Array("stream \(place / 2)".utf8))),
        ]
        if !isDecision {
            members["rows"] = 0
            members["bytes"] = 123_456
            members["digest"] = .string(Base64.encodeURL(random.bytes(32)))
            members["epochs"] = [[17, 0]]
            members["delivered"] = .null
            members["status"] = "complete"
        }
        return JSON.object(members).canonical
    }

    private static let noon = Instant(milliseconds: 1_780_000_000_000)

    private func fill(_ index: SQLiteSearchIndex) throws -> (parse: Duration, add: Duration) {
        var random = SeededGenerator(seed: 1)
        var (parse, add) = (Duration.zero, Duration.zero)
        for start in stride(from: 0, to: Self.count, by: 4096) {
            let range = start..<min(start + 4096, Self.count)
            let entries = range.map { Self.entry($0, &random) }
            let begin = ContinuousClock.now
            let read = zip(range, entries).compactMap { IndexedEntry(index: UInt64($0), entry: $1) }
            let middle = ContinuousClock.now
            try index.add(
                IndexBatch(
                    log: "log", range: UInt64(range.lowerBound)..<UInt64(range.upperBound), entries: read,
                    root: []))
            parse += middle - begin
            add += ContinuousClock.now - middle
        }
        return (parse, add)
    }

    @Test("Entries are indexed, and any page is found, quickly") func pages() throws {
        let folder = try IndexFolder()
        let index = try folder.open()
        let (parse, add) = try fill(index)
        let perSecond = { (time: Duration) in Int(Double(Self.count) / (time / .seconds(1))) }
        print(
            "\(Self.count) entries: parsed \(perSecond(parse))/s, added \(perSecond(add))/s,",
            "together \(perSecond(parse + add))/s; files \(try folder.bytes().count >> 20) MiB")
        for (name, query) in Self.queries {
            for order in [EntryQuery.Order.newestFirst, .oldestFirst] {
                var asked = query
                asked.order = order
                try measure("\(name), \(order)", asked, index)
            }
        }
    }

    private func measure(_ name: String, _ query: EntryQuery, _ index: SQLiteSearchIndex) throws {
        var times: [Duration] = []
        var found = 0
        for _ in 0..<20 {
            let begin = ContinuousClock.now
            found = try index.entries(query, limit: 100, after: nil).indexes.count
            times.append(ContinuousClock.now - begin)
        }
        times.sort()
        print("page of \(found), \(name): median \(times[10]), worst \(times[19])")
        #expect(found <= 100)
    }

    private static var queries: [(String, EntryQuery)] {
        let middle = Instant(milliseconds: noon.milliseconds + Int64(count) * 2)
        return [
            ("everything", EntryQuery()),
            ("one consumer", EntryQuery(organisation: slug("consumer-7"))),
            (
                "denied of a purpose",
                EntryQuery(purpose: Purpose("https://w3id.org/dpv#Purpose3"), decision: .deny)
            ),
            // No denial is ever a completion: two long lists that never meet.
            ("two lists that never meet", EntryQuery(decision: .deny, type: "access.completed")),
            (
                "five filters, nothing found",
                EntryQuery(
                    organisation: slug("consumer-7"), dataset: slug("dataset-8"), decision: .permit,
                    type: "access.decided", visibleTo: slug("consumer-9"))
            ),
            ("a second in the middle", EntryQuery(from: middle, to: middle.adding(seconds: 1))),
            ("a type before the middle", EntryQuery(type: "access.completed", to: middle)),
            ("rare dataset from the middle", EntryQuery(dataset: slug("dataset-100"), from: middle)),
        ]
    }
}
