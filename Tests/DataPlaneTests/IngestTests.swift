import Foundation
import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Ingest")
struct IngestTests {
    private static let meters = """
        owner,at,kwh
        m2,2024-01-01,1.5
        m1,2024-01-01,2
        ,2024-01-01,9
        m2,2024-01-02,NA

        """

    private func shape(_ rule: OwnerRuleShape = .column("owner")) -> IngestShape {
        IngestShape(ownerRule: rule, nullValues: ["", "NA"])
    }

    @Test("a provider publishes meter readings and is told what the hub understood")
    func publishes() throws {
        let hub = try Hub()
        let report = try hub.ingest(Self.meters, shape())
        #expect(report.fields.map(\.name) == ["owner", "at", "kwh"])
        #expect(report.fields.map(\.type) == [.string, .date, .decimal])
        #expect((report.rows, report.owners, report.ownerlessRows) == (4, 2, 1))
        #expect(report.badLines.isEmpty && report.badLineCount == 0)
        #expect(
            hub.names == ["meters", "meters/1"]
                + ["blocks-1-0", "manifest.json", "owners", "rows-1-0"].map { "meters/1/" + $0 })
        let onDisk = try hub.names.dropFirst(2).map {
            try Data(contentsOf: URL(filePath: "\(hub.directory)/\($0)")).count
        }
        #expect(report.sizeBytes == onDisk.reduce(0, +))
        let version = try hub.open()
        #expect(version.ownerKey(of: 0) == "m2" && version.rows(of: 0) == 2)
        #expect(version.ordinal(of: "m1") == 1 && version.ordinal(of: "m3") == nil)
        #expect(version.ordinal(of: "") == nil && version.ordinal(of: "NA") == nil)
    }

    @Test("a header without rows is a version without rows")
    func headerOnly() throws {
        for rule in [OwnerRuleShape.column("owner"), .single, .open] {
            for text in ["owner,kwh", "owner,kwh\r\n", "\u{FEFF}owner,kwh\n"] {
                let hub = try Hub()
                let report = try hub.ingest(text, shape(rule))
                #expect((report.rows, report.owners) == (0, rule == .single ? 1 : 0))
                #expect(report.fields.map(\.type) == [.string, .string])
                let version = try hub.open()
                try version.verify()
                let filter = rule == .open ? nil : OwnerFilter(version: version)
                #expect(try version.read(filter) == "owner,kwh\n")
            }
        }
    }

    @Test("a file that cannot be a dataset is refused with a reason and a remedy, and nothing is left")
    func refused() throws {
        let cases = [
            ("", "empty_file"), ("\u{FEFF}", "empty_file"), ("\n", "empty_field_name"),
            ("owner,,x\n", "empty_field_name"), ("owner,\"\"\n", "empty_field_name"),
            ("a,b\n1,2\n", "missing_owner_column"), ("owner,x,x\n", "duplicate_field"),
            ("owner,x\"y\n", "malformed_header"), ("owner,\"x\ny", "malformed_header"),
            ("owner\rx\ry", "malformed_header"),
        ]
        for (text, code) in cases {
            let hub = try Hub()
            let fault = #expect(throws: ClientFault.self) { try hub.ingest(text, shape()) }
            #expect(fault?.code == code && fault?.kind == .unprocessable && fault?.remedy != nil, "\(text)")
            #expect(hub.names == ["meters"])
        }
    }

    @Test("each fault of a header and each limit has its code")
    func headerFaults() throws {
        let hub = try Hub()
        func code(_ bytes: [UInt8], _ shape: IngestShape? = nil) -> String? {
            do {
                try hub.ingest(bytes, shape ?? self.shape())
                return nil
            } catch {
                return (error as? ClientFault)?.code
            }
        }
        func names(_ count: Int) -> [UInt8] {
            Array((["owner"] + (1..<count).map { "c\($0)" }).joined(separator: ",").utf8)
        }
        #expect(code([0x6F, 0xFF, 0x0A]) == "malformed_header")
        #expect(code([0x6F, 0x00, 0x0A]) == "malformed_header")
        #expect(code(Array("owner,".utf8) + [UInt8](repeating: 0x78, count: 65_536)) == "malformed_header")
        #expect(code(Array("owner,".utf8) + [UInt8](repeating: 0x78, count: 65)) == "field_name_too_long")
        #expect(code(names(1_025)) == "too_many_fields")
        let fields = [Field(name: "owner", type: .string), Field(name: "b", type: .string)]
        let typed = IngestShape(ownerRule: .column("owner"), fields: fields)
        #expect(code(Array("owner\n".utf8), typed) == "header_mismatch")
        #expect(code(Array("owner,b,c\n".utf8), typed) == "header_mismatch")
        #expect(code(Array("owner,c\n".utf8), typed) == "header_mismatch")
        let small = IngestShape(ownerRule: .single, maximumBytes: 5)
        #expect(code(Array("a\n1\n2\n".utf8), small) == "too_large")
        #expect(hub.names == ["meters"])
        #expect(code(Array("a\n1\n2".utf8), small) == nil)
        #expect(try hub.open().rowCount == 2)
        #expect(code(names(1_024), shape()) == "version_exists")
    }

    @Test("1,024 columns are taken, and any of them can be granted")
    func manyColumns() throws {
        let hub = try Hub()
        let names = ["owner"] + (1..<1_024).map { "c\($0)" }
        let row = ["o"] + (1..<1_024).map { "v\($0)" }
        let version = try hub.publish(
            names.joined(separator: ",") + "\n" + row.joined(separator: ",") + "\n")
        let filter = try version.filter(["o": ["c1", "c1023"]])
        #expect(try version.read(filter, ["c1023", "c2", "c1"]) == "c1023,c2,c1\nv1023,,v1\n")
    }

    @Test(
        "with the dataset's fields the file may have its columns in any order; stored order is the dataset's")
    func columnOrder() throws {
        let hub = try Hub()
        let fields = [Field(name: "kwh", type: .integer), Field(name: "owner", type: .string)]
        let version = try hub.publish(
            "owner,kwh\na,1\nb,2\n", IngestShape(ownerRule: .column("owner"), fields: fields))
        #expect(version.fields == fields)
        let filter = try version.filter(["b": ["kwh", "owner"]])
        #expect(try version.read(filter) == "kwh,owner\n2,b\n")
        #expect(try version.read(filter, nil, .ndjson) == "{\"kwh\":2,\"owner\":\"b\"}\n")
    }

    @Test("types are inferred from the whole file; codes with leading zeros stay strings")
    func inference() throws {
        let hub = try Hub()
        let report = try hub.ingest(
            """
            owner,nace,n,d,b,t,late,none,q
            1,01130,1,1.5,true,2024-01-01T00:00:00,1,,"1"
            2,47110,-2,2,false,2024-01-01T00:00:00Z,x,,"2"
            """, IngestShape(ownerRule: .column("owner")))
        let types: [FieldType] = [
            .integer, .string, .integer, .decimal, .boolean, .datetime, .string, .string, .integer,
        ]
        #expect(report.fields.map(\.type) == types)
    }

    @Test("a quoted cell is never null: its text is its value, in the owner column too")
    func quotedMarkers() throws {
        let hub = try Hub()
        let version = try hub.publish("owner,v\n\"NA\",NA\nNA,1\n\"\",1\n,1\n\"x\",\"\"\n", shape())
        #expect(version.ownerCount == 2 && version.ownerlessRows == 3)
        let filter = try version.filter(["NA": ["owner", "v"], "x": ["owner", "v"]])
        #expect(try version.read(filter) == "owner,v\n\"NA\",NA\nx,\"\"\n")
        let json = "{\"owner\":\"NA\",\"v\":null}\n{\"owner\":\"x\",\"v\":\"\"}\n"
        #expect(try version.read(filter, nil, .ndjson) == json)
    }

    @Test("owner keys are compared byte by byte: no case, space or Unicode form is folded")
    func exactKeys() throws {
        let hub = try Hub()
        let keys = ["a", "A", " a", "a ", "\u{E9}", "e\u{301}", "aa", "a\u{1}"]
        let version = try hub.publish("owner\n" + keys.map { $0 + "\n" }.joined())
        #expect(version.ownerCount == keys.count)
        for key in keys {
            let ordinal = try #require(version.ordinals(of: key).first)
            #expect(version.ownerKey(of: ordinal).utf8.elementsEqual(key.utf8))
            #expect(version.rows(of: ordinal) == 1)
        }
        #expect(version.ordinal(of: "b") == nil)
    }

    @Test("100,000 owners in random order keep their rows")
    func manyOwners() throws {
        let hub = try Hub()
        var random = SeededGenerator.announced("many owners")
        let keys = (0..<100_000).map { "owner-\($0)" }.shuffled(using: &random)
        let version = try hub.publish("owner\n" + (keys + keys.prefix(10)).joined(separator: "\n"))
        #expect(version.ownerCount == keys.count && version.rowCount == keys.count + 10)
        for (index, key) in keys.enumerated() {
            #expect(version.ordinal(of: key).map { version.rows(of: $0) } == (index < 10 ? 2 : 1))
        }
    }

    @Test("how many segments a file becomes changes no row and no owner")
    func manySegments() throws {
        var random = SeededGenerator.announced("segments of one file")
        let (hub, other) = (try Hub(), try Hub())
        let keys = (0..<300).map { "\(String(repeating: "k", count: $0 % 13))\($0)" }
        var text = "owner,n\n"
        for row in 0..<20_000 {
            let isNobodys = Int.random(in: 0..<20, using: &random) == 0
            let key = isNobodys ? "NA" : keys[Int.random(in: 0..<keys.count, using: &random)]
            // Some rows are the scanner's.
            text += row % 97 == 0 ? "\"\(key)\",\"\(row)\"\"\"\n" : "\(key),\(row)\n"
        }
        let shape = IngestShape(ownerRule: .column("owner"), nullValues: ["", "NA"])
        let whole = try hub.publish(text, shape)
        let store = DatasetStore(directory: other.directory, disk: Disk(), segmentBytes: 20_000)
        let ingest = try store.beginIngest(dataset: other.dataset, version: 1, shape: shape)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...9_000, using: &random))
            try ingest.consume(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        #expect(try ingest.finish().rows == 20_000)
        let divided = try other.open()
        #expect(whole.segments.count == 1 && divided.segments.count > 10)
        #expect(divided.ownerlessRows == whole.ownerlessRows)
        for granted in [keys[...], keys.shuffled(using: &random)[..<90]] {
            let grants = Dictionary(uniqueKeysWithValues: granted.map { ($0, ["owner", "n"]) })
            let expected = try whole.read(whole.filter(grants), order: .original)
            #expect(try divided.read(divided.filter(grants), order: .original) == expected)
        }
        for key in keys {
            let ordinal = try #require(divided.ordinal(of: key))
            #expect(divided.rows(of: ordinal) == whole.ordinal(of: key).map { whole.rows(of: $0) })
        }
    }

    @Test("many keys at once get the ordinals that they get one by one: short, long, new, again, none")
    func manyKeys() throws {
        var random = SeededGenerator.announced("many keys")
        var (one, many) = (OwnerDictionary(), OwnerDictionary())
        for _ in 0..<40 {
            var text: [UInt8] = []
            var ranges: [Range<Int>] = []
            for _ in 0..<Int.random(in: 0...700, using: &random) {
                let length = Int.random(in: 0...20, using: &random)
                let start = text.count
                text += (0..<length).map { _ in UInt8.random(in: 97...98, using: &random) }
                ranges.append(start..<text.count)
            }
            let expected = try ranges.map { range in
                range.isEmpty ? OwnerDictionary.nobody : try one.ordinal(of: text, range, version: 1)
            }
            var found: [UInt32] = [7]
            try many.ordinals(of: ranges, in: text.span, version: 1, into: &found)
            #expect(found == expected)
        }
        #expect(one.keys == many.keys && one.count > 2_000)
    }

    @Test("the pieces in which a file arrives change nothing: at every byte")
    func pieces() throws {
        let hub = try Hub()
        let text = Array("\u{FEFF}owner,\"v\"\r\na,\"x\r\n\"\"y\"\r\nb,é\r\n".utf8)
        var contents: Set<String> = []
        for cut in 0...text.count {
            let ingest = try hub.store.beginIngest(
                dataset: hub.dataset, version: cut + 1, shape: IngestShape(ownerRule: .column("owner")))
            try ingest.consume(Array(text[..<cut]))
            try ingest.consume(Array(text[cut...]))
            _ = try ingest.finish()
            let version = try hub.open(cut + 1)
            contents.insert(try version.read(try version.filter(["a": ["v"], "b": ["v", "owner"]])))
        }
        #expect(contents == ["owner,v\n,\"x\r\n\"\"y\"\nb,é\n"])
    }

    @Test("an upload that is given up leaves nothing, and its version can be uploaded again")
    func abort() throws {
        let hub = try Hub()
        let ingest = try hub.store.beginIngest(dataset: hub.dataset, version: 1, shape: shape())
        try ingest.consume(Array("owner\nx\n".utf8))
        #expect(throws: ClientFault(.conflict, "ingest_running", "")) {
            try hub.store.beginIngest(dataset: hub.dataset, version: 1, shape: shape())
        }
        ingest.abort()
        #expect(hub.names == ["meters"])
        #expect(throws: DataPlaneError.ingestEnded) { try ingest.consume([]) }
        #expect(throws: DataPlaneError.ingestEnded) { try ingest.finish() }
        _ = try? hub.store.beginIngest(dataset: hub.dataset, version: 1, shape: shape())
        #expect(hub.names == ["meters"])
        try hub.ingest(Self.meters, shape())
        #expect(try hub.open().rowCount == 4)
    }
}
