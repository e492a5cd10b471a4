import Foundation
import Model
import TestSupport
import Testing

@testable import DataPlane

@Suite("Rows are added, deleted and put together")
struct SegmentTests {
    private static let shape = IngestShape(
        ownerRule: .column("owner"), nullValues: ["", "NA"],
        fields: [Field(name: "owner", type: .string), Field(name: "v", type: .integer)])

    private func append(
        _ hub: Hub, _ text: String, onto base: StoredVersion, renewed: [String] = []
    ) throws -> StoredVersion {
        let next = base.identity.version + 1
        let ingest = try hub.store.beginIngest(
            dataset: hub.dataset, version: next, shape: Self.shape, onto: base, renewed: renewed)
        try ingest.consume(Array(text.utf8))
        _ = try ingest.finish()
        return try hub.open(next)
    }

    /// Every row, with all owners granting everything, sorted.
    private func rows(_ version: StoredVersion) throws -> [String] {
        let filter = OwnerFilter(version: version)
        for ordinal in 0..<UInt32(version.ordinalCount) {
            try filter.grant(ordinal, fields: FieldSet([0, 1]))
        }
        return try version.read(filter).split(separator: "\n").dropFirst().map(String.init).sorted()
    }

    @Test("what is added stands beside what was there, under the same ordinals and files")
    func append() throws {
        let hub = try Hub()
        try hub.ingest("owner,v\nb,1\na,2\n,3\n", Self.shape)
        let first = try hub.open()
        let second = try append(hub, "v,owner\n4,c\n5,a\n,NA\n", onto: first)
        try second.verify()
        #expect(try rows(second) == ["a,2", "a,5", "b,1", "c,4"])
        #expect((second.rowCount, second.ownerCount, second.ownerlessRows) == (6, 3, 2))
        #expect(["b", "a", "c"].map(second.ordinal) == [0, 1, 2])
        #expect(second.rows(of: 1) == 2 && second.since(1) == 1 && second.since(2) == 2)
        #expect(second.manifest.base == 1 && second.manifest.nextSequence == 6)
        #expect(
            second.manifest.fileNames
                == ["manifest.json", "owners", "rows-1-0", "blocks-1-0", "rows-2-0", "blocks-2-0"])
        // The version before can go: its files are the later one's too.
        try hub.store.discard(dataset: hub.dataset, version: 1)
        #expect(try rows(hub.open(2)) == ["a,2", "a,5", "b,1", "c,4"])
        #expect(try rows(first).count == 2, "who still reads it reads on")
    }

    @Test("a filter releases the rows of before and after by one ordinal")
    func filtered() throws {
        let hub = try Hub()
        try hub.ingest("owner,v\na,1\nb,2\n", Self.shape)
        let version = try append(hub, "owner,v\nb,3\na,4\n", onto: hub.open())
        #expect(try version.read(version.filter(["a": ["v"]]), ["v", "owner"]) == "v,owner\n1,\n4,\n")
        let withheld = try version.filter(["a": ["v"]]).snapshot().withheld(
            in: version, fields: FieldSet([1]))
        #expect(withheld == (2, 1))
    }

    @Test("a key that passed to another owner has an ordinal for what came before and one for what comes")
    func renewed() throws {
        let hub = try Hub()
        try hub.ingest("owner,v\na,1\nb,2\n", Self.shape)
        let second = try append(hub, "owner,v\na,3\nc,4\n", onto: hub.open(), renewed: ["a", "nobody"])
        #expect(second.ordinals(of: "a").map { second.since($0) } == [2, 1])
        #expect((second.ownerCount, second.ordinalCount) == (3, 4))
        let third = try append(hub, "owner,v\na,5\n", onto: second)
        #expect(third.ordinals(of: "a") == second.ordinals(of: "a"))
        let newest = OwnerFilter(version: third)
        try newest.grant(try #require(third.ordinals(of: "a").first), fields: FieldSet([0, 1]))
        #expect(try third.read(newest) == "owner,v\na,3\na,5\n")
        let oldest = OwnerFilter(version: third)
        try oldest.grant(try #require(third.ordinals(of: "a").last), fields: FieldSet([0, 1]))
        #expect(try third.read(oldest) == "owner,v\na,1\n")
    }

    @Test("who is deleted is in no file of the version, and the others are what they were")
    func delete() throws {
        let hub = try Hub()
        try hub.ingest("owner,v\nsecret,1\nb,2\n,3\n", Self.shape)
        let second = try append(hub, "owner,v\nb,4\nc,5\n", onto: hub.open())
        let third = try append(hub, "owner,v\nsecret,6\nsecret,7\n", onto: second, renewed: ["secret"])
        let report = try hub.store.delete(ownerKey: "secret", from: third, as: 4)
        #expect((report.rows, report.owners, report.ownerlessRows) == (4, 2, 1))
        let fourth = try hub.open(4)
        try fourth.verify()
        #expect(try rows(fourth) == ["b,2", "b,4", "c,5"])
        #expect(fourth.ordinals(of: "secret").isEmpty && fourth.ordinals(of: "").isEmpty)
        #expect(["b", "c"].map(fourth.ordinal) == ["b", "c"].map(third.ordinal))
        for name in try FileManager.default.contentsOfDirectory(atPath: hub.path(4)) {
            let content = try Data(contentsOf: URL(filePath: hub.path(4) + "/" + name))
            #expect(content.range(of: Data("secret".utf8)) == nil, "\(name)")
        }
        // Segments without rows of his are the same files.
        #expect(fourth.manifest.segments[1] == third.manifest.segments[1])
        let fifth = try append(hub, "owner,v\nsecret,8\n", onto: fourth)
        #expect(try rows(fifth) == ["b,2", "b,4", "c,5", "secret,8"])
        #expect(fifth.manifest.nextSequence == 8, "places in the order of arrival are not given twice")
        let fault = #expect(throws: ClientFault.self) {
            try hub.store.delete(ownerKey: "", from: fifth, as: 6)
        }
        #expect(fault?.code == "unknown_owner_key")
    }

    @Test("segments are put together when those behind are not much smaller than those before")
    func plan() {
        #expect(MergePlan.range(rows: []) == nil && MergePlan.range(rows: [5]) == nil)
        #expect(MergePlan.range(rows: [100, 1]) == nil && MergePlan.range(rows: [100, 25]) == 0..<2)
        #expect(MergePlan.range(rows: [100, 1, 1]) == 1..<3)
        #expect(MergePlan.range(rows: Array(repeating: 7, count: 17)) == 0..<17)
        // However often little is added, there are few segments, and a row is written a few times.
        var segments: [Int] = []
        var written = 0
        for _ in 0..<10_000 {
            segments.append(1)
            while let range = MergePlan.range(rows: segments) {
                let sum = segments[range].reduce(0, +)
                segments.replaceSubrange(range, with: [sum])
                written += sum
            }
            #expect(segments.count <= 9)
        }
        #expect(written < 10_000 * 50)
    }

    @Test("a merge changes neither rows nor ordinals nor their order of arrival")
    func merge() throws {
        var random = SeededGenerator.announced("merges")
        for _ in 0..<50 {
            let hub = try Hub()
            var version = try hub.publish("owner,v\n" + text(&random), Self.shape)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                version = try append(hub, "owner,v\n" + text(&random), onto: version)
            }
            let before = try (rows(version), arrivals(version))
            let merged = try #require(try hub.store.merge(version))
            #expect(merged.segments.count < version.segments.count)
            try merged.verify()
            let after = try (rows(merged), arrivals(merged))
            #expect(before == after)
            #expect(merged.rowCount == version.rowCount && merged.ownerCount == version.ownerCount)
            let owner = random.pick(["a", "b", "c"])
            #expect(merged.ordinals(of: owner) == version.ordinals(of: owner))
            let names = try FileManager.default.contentsOfDirectory(
                atPath: hub.path(version.identity.version))
            #expect(Set(names) == merged.manifest.fileNames)
            #expect(try rows(version) == before.0, "who still reads the segments reads on")
            #expect(try hub.store.merge(merged) == nil)
        }
    }

    @Test("the original order is that of the file, over what was added, deleted and merged")
    func originalOrder() throws {
        var random = SeededGenerator.announced("original order")
        for _ in 0..<50 {
            let hub = try Hub()
            var lines = text(&random).split(separator: "\n").map(String.init)
            var version = try hub.publish("owner,v\n" + lines.map { $0 + "\n" }.joined(), Self.shape)
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let more = text(&random)
                lines += more.split(separator: "\n").map(String.init)
                version = try append(hub, "owner,v\n" + more, onto: version)
                if random.chance(30) { version = try hub.store.merge(version) ?? version }
            }
            if random.chance(40), version.ordinal(of: "b") != nil {
                let next = version.identity.version + 1
                _ = try hub.store.delete(ownerKey: "b", from: version, as: next)
                version = try hub.open(next)
                lines.removeAll { $0.hasPrefix("b,") }
            }
            let granted = Set(["a", "b", "c", "d"].filter { _ in random.chance(70) })
            let filter = try version.filter(
                Dictionary(
                    uniqueKeysWithValues: granted.filter { version.ordinal(of: $0) != nil }.map {
                        ($0, ["owner", "v"])
                    }))
            let expected = lines.filter { granted.contains(String($0.prefix { $0 != "," })) }
            let found = try version.read(filter, order: .original).split(separator: "\n").dropFirst()
            #expect(found.map(String.init) == expected)
        }
    }

    @Test("reads in the original order give way, and find what the others find")
    func originalOrderOfMany() throws {
        let rows = (0..<30_000).map { "o\($0 % 300),\($0)\n" }
        let hub = try Hub()
        let version = try hub.publish("owner,v\n" + rows.joined(), Self.shape)
        // Readers of a version read on when its folder is gone.
        try hub.store.discard(dataset: hub.dataset, version: 1)
        let filter = try version.filter(["o7": ["v"], "o299": ["owner", "v"]])
        var stream = try RowStream(
            version: version, filter: .owners, fields: [1], format: .csv, where: Condition("v > 15000"),
            limit: 60, order: .original)
        var (values, empty, delivered) = ([Int](), 0, 0)
        while let block = try stream.assemble(filter.snapshot()) {
            values += String(decoding: block.bytes, as: UTF8.self).split(separator: "\n").compactMap {
                Int($0)
            }
            empty += block.rows == 0 ? 1 : 0
            delivered += block.delivered.reduce(0) { $0 + $1.rows }
            stream.advance(past: block)
        }
        let expected = (15_001..<30_000).filter { $0 % 300 == 7 || $0 % 300 == 299 }.prefix(60)
        #expect(values == Array(expected) && empty > 0 && delivered == 60)
        let other = try Hub()
        let open = try other.publish("owner,v\nb,1\na,2\nb,3\n", IngestShape(ownerRule: .open))
        #expect(try open.read(nil, order: .original) == "owner,v\nb,1\na,2\nb,3\n")
    }

    private func text(_ random: inout SeededGenerator) -> String {
        (0..<Int.random(in: 20...40, using: &random)).map { _ in
            "\(random.pick(["a", "b", "c", "d", ""])),\(Int.random(in: 0...9, using: &random))\n"
        }.joined()
    }

    /// The rows in the order in which they arrived.
    private func arrivals(_ version: StoredVersion) throws -> [String] {
        var found: [Int: String] = [:]
        for segment in version.segments {
            for block in 0..<segment.blocks.count {
                let layout = segment.blocks.layout(block)
                try segment.withBlock(block) { bytes in
                    for row in 0..<layout.rows {
                        var line: [UInt8] = []
                        line.append(bytes, layout.rowStart(bytes, row)..<layout.rowEnd(bytes, row))
                        let place = segment.manifest.firstSequence + layout.sequenceNumber(bytes, row)
                        #expect(
                            found.updateValue(String(decoding: line, as: UTF8.self), forKey: place) == nil)
                    }
                }
            }
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }

    @Test("rows are sorted by owner inside a segment, and segments are written while the file is read")
    func manySegments() throws {
        let hub = try Hub()
        let long = String(repeating: "x", count: 60_000)
        let shape = IngestShape(ownerRule: .column("owner"))
        let ingest = try hub.store.beginIngest(dataset: hub.dataset, version: 1, shape: shape)
        try ingest.consume(Array("owner,v\n".utf8))
        for row in 0..<3_000 { try ingest.consume(Array("o\(row % 7),\(row)\(long)\n".utf8)) }
        let report = try ingest.finish()
        #expect((report.rows, report.owners) == (3_000, 7))
        let version = try hub.open()
        #expect(version.segments.count == 3)
        for segment in version.segments {
            let owners = segment.blocks.entries.map(\.owners)
            #expect(zip(owners, owners.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
        }
        let filter = try version.filter(["o3": ["owner"]])
        #expect(try version.read(filter, ["owner"]).utf8.count == 6 + 3 * 429)
        #expect(try hub.store.merge(version)?.segments.count == 1)
    }
}
