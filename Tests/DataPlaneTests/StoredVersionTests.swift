import Foundation
import Model
import Testing

@testable import DataPlane

@Suite("Stored version")
struct StoredVersionTests {
    private static let text = "owner,v\na,1\nb,\"x, y\"\n,3\na,NA\nc\n"
    private static let shape = IngestShape(
        ownerRule: .column("owner"), nullValues: ["NA", ""], badLines: .quarantine)

    private func files(_ hub: Hub) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: hub.path()).sorted().map { "\(hub.path())/\($0)" }
    }

    /// Opens, reads every row of every owner, and verifies.
    private func readAll(_ hub: Hub) throws -> [String] {
        let version = try hub.open()
        let filter = OwnerFilter(version: version)
        for ordinal in 0..<UInt32(version.ordinalCount) {
            try filter.grant(ordinal, fields: FieldSet([0, 1]))
        }
        let texts = try OutputFormat.allCases.map { try version.read(filter, nil, $0) }
        try version.verify()
        return texts
    }

    @Test("every flipped byte of every file is found, and nothing of a damaged block is released")
    func flips() throws {
        let hub = try Hub()
        try hub.ingest(Self.text, Self.shape)
        let good = try readAll(hub)
        #expect(good[0] == "owner,v\na,1\na,NA\nb,\"x, y\"\n")
        #expect(try files(hub).count == 5)
        for file in try files(hub) {
            let content = try Data(contentsOf: URL(filePath: file))
            for index in content.indices {
                for mask in [UInt8(1), 0x80, 0xFF] {
                    var changed = content
                    changed[index] ^= mask
                    try changed.write(to: URL(filePath: file))
                    let error = #expect(throws: DataPlaneError.self, "\(file) \(index)") { try readAll(hub) }
                    #expect(error?.code == "corrupt")
                }
            }
            try content.write(to: URL(filePath: file))
        }
        #expect(try readAll(hub) == good)
    }

    @Test("a file cut short, extended, emptied or missing is found")
    func cutFiles() throws {
        let hub = try Hub()
        try hub.ingest(Self.text, Self.shape)
        for file in try files(hub) {
            let content = try Data(contentsOf: URL(filePath: file))
            for size in 0..<content.count {
                try content.prefix(size).write(to: URL(filePath: file))
                #expect(throws: DataPlaneError.self) { try readAll(hub) }
            }
            try (content + Data([10])).write(to: URL(filePath: file))
            #expect(throws: DataPlaneError.self) { try readAll(hub) }
            try FileManager.default.removeItem(atPath: file)
            #expect(throws: DataPlaneError.self) { try readAll(hub) }
            try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
            #expect(throws: DataPlaneError.self) { try readAll(hub) }
            try FileManager.default.removeItem(atPath: file)
            try content.write(to: URL(filePath: file))
        }
        #expect(try readAll(hub).count == 2)
    }

    @Test("a damaged block is told by number; blocks before it can be read")
    func damagedBlock() throws {
        let hub = try Hub()
        let row = String(repeating: "x", count: 20_000)
        let text = "owner,v\n" + (0..<9).map { "o\($0),\($0)\(row)\n" }.joined()
        try hub.ingest(text)
        let file = hub.path() + "/rows-1-0"
        var content = try Data(contentsOf: URL(filePath: file))
        content[content.count / 2] ^= 1
        try content.write(to: URL(filePath: file))
        let version = try hub.open()
        let first = try version.filter(["o0": ["v"]])
        #expect(try version.read(first, ["v"]).utf8.count == 2 + 20_002)
        let all = try version.filter(Dictionary(uniqueKeysWithValues: (0..<9).map { ("o\($0)", ["v"]) }))
        #expect(throws: DataPlaneError.corrupt(file: file, block: 1)) { try version.read(all, ["v"]) }
        #expect(throws: DataPlaneError.corrupt(file: file, block: 1)) { try version.verify() }
        #expect(try version.read(first, ["v"]).utf8.count == 2 + 20_002)
    }

    @Test("a block with a good checksum but cells that overlap is refused: a checksum is no proof of sense")
    func malformedBlock() {
        let records: [UInt8] = [1, 0, 3, 0, 0] + Array("a,b\n".utf8) + [1, 0, 3, 0, 0] + Array("c,d\n".utf8)
        let rows = [
            EncodedRow(start: 0, length: 9, sequence: 0, owner: 3),
            EncodedRow(start: 9, length: 9, sequence: 1, owner: 7),
        ]
        var block = EncodedBlock(fieldCount: 2, hasOwners: true)
        let (next, entry) = block.lay(records.span, rows.span, from: 0)
        #expect(next == 2 && entry.rows == 2 && entry.runs == 2 && entry.owners == 3...7)
        let bytes = Array(block.bytes[..<block.sizeBytes])
        let layout = BlockLayout(fieldCount: 2, textBytes: 8, rows: 2, runs: 2)
        #expect(bytes.count == layout.sizeBytes)
        let isWhole = layout.isWellFormed(bytes.span)
        let second = layout.sequenceNumber(bytes.span, 1)
        #expect(isWhole && second == 1)
        // Line ends, row ends, cell ends, run ends and owners; sequence and null bits may hold anything.
        for index in [3, 7, 8, 9, 10, 11, 20, 21, 22, 23, 26, 27, 28, 29] {
            for value in [UInt8(0), 2, 5, 9, 255] where value != bytes[index] {
                var changed = bytes
                changed[index] = value
                let isWellFormed = layout.isWellFormed(changed.span)
                #expect(!isWellFormed, "\(index) \(value)")
            }
        }
    }

    @Test("a version is opened only under its own name")
    func foreignFolder() throws {
        let hub = try Hub()
        try hub.ingest(Self.text, Self.shape)
        try FileManager.default.moveItem(atPath: hub.path(1), toPath: hub.path(2))
        #expect(throws: DataPlaneError.corrupt(file: "meters/2", block: nil)) { try hub.open(2) }
        #expect(throws: DataPlaneError.self) { try hub.open(1) }
    }

    @Test("the manifest is canonical JSON and holds everything the report said")
    func manifest() throws {
        let hub = try Hub()
        let report = try hub.ingest(Self.text, Self.shape)
        let content = try [UInt8](Data(contentsOf: URL(filePath: hub.path() + "/manifest.json")))
        let json = try #require(try JSON.parse(content)["manifest"])
        #expect(json["format"] == 2 && json["dataset"] == "meters" && json["version"] == 1)
        #expect(json["rows"]?.integer == Int64(report.rows) && json["bad_lines"] == 1)
        #expect(json["owner_rule"] == ["column": "owner"] && json["null_values"] == ["NA", ""])
        let manifest = try #require(Manifest(content))
        #expect(manifest.encoded == content && manifest.fields == report.fields)
        for rule in [OwnerRuleShape.single, .open, .column("é \"")] {
            var other = manifest
            other.ownerRule = rule
            switch rule {
            case .column: break
            case .single: (other.owners, other.ordinals) = (1, 1)
            case .open: (other.owners, other.ordinals, other.ownerlessRows) = (0, 0, 0)
            }
            #expect(Manifest(other.encoded) == other)
        }
        let nonsense: [@Sendable (inout Manifest) -> Void] = [
            { $0.rows += 1 }, { $0.owners = $0.ordinals + 1 }, { $0.ownerlessRows = $0.rows + 1 },
            { $0.ownerRule = .open }, { $0.ownerRule = .single }, { $0.nextSequence = 0 },
            { $0.segments[0].version = 2 }, { $0.segments[0].sequenceCount = 1 },
            { $0.segments[0].firstSequence = 1 }, { $0.segments.append($0.segments[0]) },
        ]
        for (index, change) in nonsense.enumerated() {
            var other = manifest
            change(&other)
            #expect(Manifest(other.encoded) == nil, "\(index)")
        }
        #expect(Manifest(content + [0x0A]) == nil && Manifest([]) == nil && Manifest(Array("{}".utf8)) == nil)
    }

    @Test("the original order is kept in the sequence column")
    func sequence() throws {
        let hub = try Hub()
        try hub.ingest("owner\nb\na\n\nb\na\n")
        let version = try hub.open()
        let layout = version.segments[0].blocks.layout(0)
        let numbers = try version.segments[0].withBlock(0) { block in
            (0..<5).map { layout.sequenceNumber(block, $0) }
        }
        #expect(numbers == [0, 3, 1, 4, 2])
    }
}
