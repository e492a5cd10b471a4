import Foundation
import Model
import Testing

@testable import DataPlane
import TestSupport

/// Public files: Telraam counts of citizens' traffic sensors in Berlin (telraam.net, CC BY-NC) and
/// VAT-registered enterprises by municipality in Flanders (Statistics Flanders).
@Suite("Open data", .enabled(if: Vectors.isOpenDataWanted))
struct OpenDataTests {
    @Test(
        "every owner has as many rows as a naive count finds, and gets exactly those",
        arguments: [
            ("telraam-berlin-2024q4.csv", "owner_id"),
            ("btw-ondernemingen-vlaanderen-2019.csv", "refnis"),
        ])
    func rowsPerOwner(file: String, ownerColumn: String) throws {
        let text = try String(contentsOf: Vectors.openData.appending(path: file), encoding: .utf8)
        let lines = text.utf8.split(separator: UInt8(ascii: "\n")).dropFirst()
        var counts: [String: Int] = [:]
        // The owner column is the first of both files and never quoted.
        for line in lines {
            counts[String(decoding: line.prefix { $0 != UInt8(ascii: ",") }, as: UTF8.self), default: 0] += 1
        }
        let hub = try Hub()
        let clock = ContinuousClock.now
        let report = try hub.ingest(text, IngestShape(ownerRule: .column(ownerColumn)))
        let seconds = (ContinuousClock.now - clock) / .seconds(1)
        print("\(file): \(report.rows) rows, \(report.owners) owners, \(seconds) s")
        #expect(report.rows == lines.count && report.owners == counts.count && report.ownerlessRows == 0)
        let version = try hub.open()
        for (key, count) in counts {
            let ordinal = try #require(version.ordinals(of: key).first)
            #expect(version.rows(of: ordinal) == count)
        }
        let filter = OwnerFilter(version: version)
        let half = counts.keys.sorted().enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        for key in half {
            try filter.grant(try #require(version.ordinals(of: key).first), fields: FieldSet([0, 2]))
        }
        let output = try version.read(filter, [ownerColumn])
        let expected = half.reduce(0) { $0 + (counts[$1] ?? 0) }
        #expect(output.utf8.count { $0 == UInt8(ascii: "\n") } == expected + 1)
    }
}
