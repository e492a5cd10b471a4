import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import DataPlane

/// Reads that take their rows from a projection, where `ReferenceTests` does not look: segments, cursors,
/// bounds, damage, crashes.
@Suite("Projections")
struct ProjectionTests {
    /// Of this test alone; it stays as long as that runs.
    private let hub: Hub

    init() throws { hub = try Hub() }

    private static let shape = IngestShape(
        ownerRule: .column("owner"), nullValues: ["NA"],
        fields: [
            Field(name: "owner", type: .string), Field(name: "at", type: .date),
            Field(name: "v", type: .integer), Field(name: "note", type: .string),
        ])
    private static let header = "owner,at,v,note\n"

    private func text(_ random: inout SeededGenerator) -> String {
        (0..<Int.random(in: 1...60, using: &random)).map { _ in
            let note = random.pick(["NA", "\"a, \"\"b\"\"\"", "", String(repeating: "é", count: 700)])
            let day = Int.random(in: 1...9, using: &random)
            let value = Int.random(in: 0...99, using: &random)
            return "\(random.pick(["a", "b", "c", "d", ""])),2024-01-0\(day),\(value),\(note)\n"
        }.joined()
    }

    /// A version in several segments, from which rows were deleted.
    private func version(_ hub: Hub, _ random: inout SeededGenerator) throws -> StoredVersion {
        var version = try hub.publish(Self.header + text(&random), Self.shape)
        for next in 2...Int.random(in: 2...6, using: &random) {
            if random.chance(25), let key = ["a", "b"].first(where: { version.ordinal(of: $0) != nil }) {
                _ = try hub.store.delete(ownerKey: key, from: version, as: next)
            } else {
                let ingest = try hub.store.beginIngest(
                    dataset: hub.dataset, version: next, shape: Self.shape, onto: version)
                try ingest.consume(Array((Self.header + text(&random)).utf8))
                _ = try ingest.finish()
            }
            version = try hub.open(next)
            if random.chance(30) { version = try hub.store.merge(version) ?? version }
        }
        return version
    }

    private func filter(_ version: StoredVersion, _ random: inout SeededGenerator) throws -> OwnerFilter {
        let filter = OwnerFilter(version: version)
        for ordinal in 0..<UInt32(version.ordinalCount) where random.chance(70) {
            try filter.grant(ordinal, fields: FieldSet((0..<4).filter { _ in random.chance(75) }))
        }
        return filter
    }

    private func project(_ version: StoredVersion, _ fields: [Int]) throws -> StoredProjection {
        try ProjectionWriter(version: version, fields: fields) {}.write()
    }

    /// All that is sent, and to whose rows it belongs.
    private func send(
        _ stream: RowStream, _ filter: OwnerFilter?
    ) throws -> (bytes: [UInt8], delivered: [DeliveredRun]) {
        var stream = stream
        var bytes = stream.header
        var delivered: [DeliveredRun] = []
        while let block = try stream.assemble(filter?.snapshot()) {
            bytes += block.bytes
            for run in block.delivered {
                if let last = delivered.last, last.ordinal == run.ordinal, last.fields == run.fields {
                    delivered[delivered.count - 1].rows += run.rows
                } else {
                    delivered.append(run)
                }
            }
            stream.advance(past: block)
        }
        return (bytes, delivered)
    }

    @Test("reads over segments, behind cursors, within bounds and limits are the same from a projection")
    func segments() throws {
        var random = SeededGenerator.announced("projections of segments")
        for _ in 0..<100 {
            let hub = try Hub()
            let version = try version(hub, &random)
            let names = hub.names
            let filter = try filter(version, &random)
            for _ in 0..<10 {
                let projected = [0, 1, 2, 3].shuffled(using: &random)
                let fields = Array(projected.prefix(Int.random(in: 1...4, using: &random)))
                let stored = try project(version, fields.count < 3 && random.chance(50) ? fields : projected)
                let renewed = (0..<UInt32(version.ordinalCount)).filter { _ in random.chance(30) }
                let delta = Delta(
                    firstSequence: Int.random(in: 0...version.manifest.nextSequence, using: &random),
                    renewed: OrdinalSet(renewed), retracted: ["a", "x"])
                func stream(
                    _ stored: StoredProjection?, _ random: SeededGenerator
                ) throws -> RowStream {
                    var random = random
                    return try RowStream(
                        version: version, filter: .owners, fields: fields,
                        format: random.pick(OutputFormat.allCases),
                        where: random.chance(30) ? Condition("v > 50 or note is null") : nil,
                        within: random.chance(30) ? Condition("at < '2024-01-06'") : nil,
                        limit: random.chance(30) ? 9 : nil, order: random.pick([.stored, .original]),
                        delta: random.chance(50) ? delta : nil, from: stored)
                }
                let whole = try send(stream(nil, random), filter)
                let narrow = try send(stream(stored, random), filter)
                #expect(whole.bytes == narrow.bytes, "\(fields) from \(stored.fields)")
                #expect(whole.delivered == narrow.delivered)
                _ = random.next()
            }
            #expect(hub.names == names, "a projection has no name on the disk")
        }
    }

    @Test("a version of seventy fields, with nulls anywhere, and an open one")
    func manyFields() throws {
        var random = SeededGenerator.announced("projections of many fields")
        let names = (0..<70).map { "f\($0)" }
        let rows = (0..<500).map { _ in
            names.map { _ in random.chance(30) ? "NA" : "\(random.next() % 1000)" }.joined(separator: ",")
        }
        let text = ([names.joined(separator: ",")] + rows).joined(separator: "\n")
        for (number, rule) in [(1, OwnerRuleShape.open), (2, .column("f3"))] {
            try hub.ingest(text, IngestShape(ownerRule: rule, nullValues: ["NA"]), version: number)
            let version = try hub.open(number)
            let filter = rule == .open ? nil : try filter(version, &random)
            for format in OutputFormat.allCases {
                let fields = Array((0..<70).shuffled(using: &random).prefix(random.pick([1, 8, 9, 64, 70])))
                let mode = rule == .open ? FilterMode.open : .owners
                let whole = try RowStream(version: version, filter: mode, fields: fields, format: format)
                let narrow = try RowStream(
                    version: version, filter: mode, fields: fields, format: format,
                    from: project(version, fields))
                let (one, other) = try (send(whole, filter), send(narrow, filter))
                #expect(one.bytes == other.bytes && one.delivered == other.delivered)
            }
        }
    }

    @Test("a projection that lacks a field of the read is not read from")
    func lacking() throws {
        let version = try hub.publish("owner,v,w\na,1,x\nb,2,y\n")
        let filter = try version.filter(["a": ["owner", "v", "w"], "b": ["v"]])
        let stored = try project(version, [1, 0])
        // It would be noticed: there is nothing in it that could be read.
        let (segment, blocks) = (version.segments[0], stored.narrowed.segments[0].blocks)
        let empty = StoredSegment(segment, blocks: blocks, rows: try emptyFile(blocks.sizeBytes))
        let hollow = StoredProjection(of: version, fields: [1, 0], segments: [empty])
        for condition in [nil, "w = 'x'"] {
            let stream = try RowStream(
                version: version, filter: .owners, fields: condition == nil ? [1, 2] : [1], format: .csv,
                where: condition.map { try Condition($0) }, from: hollow)
            #expect(try !send(stream, filter).bytes.isEmpty && !hollow.isDamaged)
        }
        let stream = try RowStream(
            version: version, filter: .owners, fields: [0, 1], format: .csv, from: hollow)
        #expect(try send(stream, filter).bytes == Array("owner,v\na,1\n,2\n".utf8))
        #expect(hollow.isDamaged, "the version was read in its place")
    }

    private func emptyFile(_ sizeBytes: Int) throws -> MappedFile {
        try mapped([UInt8](repeating: 0, count: sizeBytes))
    }

    private func mapped(_ bytes: [UInt8]) throws -> MappedFile {
        let file = try FileWriter(unnamedIn: NSTemporaryDirectory(), disk: Disk())
        try file.append(bytes)
        return try file.map()
    }

    @Test("every flipped byte of a projection is found, and what is sent is what the version gives")
    func flips() throws {
        let text = Self.header + "a,2024-01-01,1,NA\nb,2024-01-02,2,x\na,NA,3,\n"
        let version = try hub.publish(text, Self.shape)
        let filter = try version.filter(["a": ["owner", "v"], "b": ["note", "v"]])
        let stored = try project(version, [2, 3, 0])
        let segment = stored.narrowed.segments[0]
        #expect(segment.blocks.count == 1)
        var content: [UInt8] = []
        try segment.withBlock(0) { content.append($0, 0..<$0.count) }
        let fields = [2, 0]
        let expected = try send(
            RowStream(version: version, filter: .owners, fields: fields, format: .csv), filter)
        for index in content.indices {
            for mask in [UInt8(1), 0x80, 0xFF] {
                var changed = content
                changed[index] ^= mask
                let damaged = StoredProjection(
                    of: version, fields: stored.fields,
                    segments: [
                        StoredSegment(version.segments[0], blocks: segment.blocks, rows: try mapped(changed))
                    ])
                let stream = try RowStream(
                    version: version, filter: .owners, fields: fields, format: .csv, from: damaged)
                let sent = try send(stream, filter)
                #expect(sent.bytes == expected.bytes && sent.delivered == expected.delivered)
                #expect(damaged.isDamaged, "byte \(index)")
            }
        }
    }

    @Test("every call to the disk fails while a projection is made: nothing is left, and nothing has changed")
    func everyCall() throws {
        var random = SeededGenerator.announced("failing projections")
        _ = try version(hub, &random)
        let number = try #require(hub.names.compactMap { Int($0.dropFirst("meters/".count)) }.max())
        let names = hub.names
        let counting = Interference(.killedBefore, at: .max)
        func make(_ disk: Disk) throws -> StoredProjection {
            let store = DatasetStore(directory: hub.directory, disk: disk)
            return try project(store.open(dataset: hub.dataset, version: number), [3, 0])
        }
        _ = try make(counting.disk)
        #expect(counting.count >= 2)
        for call in 1...counting.count {
            for kind in Interference.Kind.allCases {
                let fault = #expect(throws: RetryableFault.self) {
                    try make(Interference(kind, at: call).disk)
                }
                #expect(fault?.code == "disk_full" && hub.names == names, "call \(call), \(kind)")
                try hub.open(number).verify()
            }
        }
    }

    @Test("the size is known before: never too small, and too large by the cuts of runs at most")
    func size() throws {
        var random = SeededGenerator.announced("sizes of projections")
        for number in 1...20 {
            let rows = (0..<5_000).map { row in
                "o\(row % random.pick([1, 3, 4_000])),2024-01-01,\(row),"
                    + String(repeating: "x", count: Int.random(in: 0...40, using: &random)) + "\n"
            }
            try hub.ingest(Self.header + rows.joined(), Self.shape, version: number)
            let version = try hub.open(number)
            let fields = Array([0, 1, 2, 3].shuffled(using: &random).prefix(2))
            let writer = ProjectionWriter(version: version, fields: fields) {}
            let (told, made) = try (writer.sizeBytes(), writer.write().sizeBytes)
            #expect(made <= told && told - made <= 6 * 30, "\(fields)")
        }
    }
}
