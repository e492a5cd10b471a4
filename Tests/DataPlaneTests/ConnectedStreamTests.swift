import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Connected stream")
struct ConnectedStreamTests {
    private static let variants: [StructureScan.Variant?] = [nil] + StructureScan.Variant.allCases
    private static let fields = [
        Field(name: "owner", type: .string), Field(name: "v", type: .integer),
        Field(name: "w", type: .string),
    ]
    private static let shape = ConnectedShape(
        fields: fields, ownerRule: .column("owner"), nullValues: ["", "NA"])

    private func read(
        _ upstream: Upstream, _ filter: ConnectedFilter?, _ shape: ConnectedShape = Self.shape,
        fields: [Int] = [0, 1, 2], format: OutputFormat = .csv, where condition: String? = nil,
        variant: StructureScan.Variant? = .best
    ) throws -> ConnectedOutcome {
        var stream = try ConnectedStream(
            shape, filter: filter == nil ? .open : .owners, fields: fields, format: format,
            where: condition.map { try Condition($0) }, variant: variant)
        return try stream.read(upstream, { filter })
    }

    private static let open = ConnectedShape(fields: fields, ownerRule: .open, nullValues: ["", "NA"])

    @Test("columns come in any order, others between them are passed by; a key that is nobody's is withheld")
    func columns() throws {
        let owners = try ConnectedOwners.of(["b", "a", "NA"])
        let filter = try owners.filter(["a": [0, 1, 2], "b": [2], "NA": [0, 1, 2]])
        let text =
            "x,w,owner,\"y\",v\n1,p,a,,5\n2,\"q,r\",b,\"\"\"\",6\n3,s,c,,7\n4,t,NA,,8\n"
            + "5,u,\"NA\",,9\n6,,,,1\n"
        for variant in Self.variants {
            let outcome = try read(Upstream(text), filter, variant: variant)
            #expect(outcome.text == "owner,v,w\na,5,p\n,,\"q,r\"\n\"NA\",9,u\n")
            #expect(outcome.delivered == [1: 1, 0: 1, 2: 1] && outcome.withheldOwners == 0)
            #expect(outcome.counts == ConnectedCounts(rows: 6, ownerless: 2, unknown: 1, withheld: 0))
        }
        let objects = """
            {"w":"p","x":[],"owner":"a"}
            {"x":{"owner":"a"},"owner":"b","w":"q,r","v":6}
            {"v":1}

            """
        let ndjson = ConnectedShape(
            fields: Self.fields, ownerRule: .column("owner"), nullValues: [], format: .ndjson)
        let flat = objects.replacing("[]", with: "0").replacing("{\"owner\":\"a\"}", with: "\"a\"")
        #expect(
            try read(Upstream(flat), filter, ndjson, format: .ndjson).text
                == "{\"owner\":\"a\",\"v\":null,\"w\":\"p\"}\n{\"w\":\"q,r\"}\n")
        #expect(try read(Upstream(objects), filter, ndjson).fault?.code == "nested_value")
    }

    @Test("a number is no owner key, and a missing one is nobody's")
    func keysOfObjects() throws {
        let shape = ConnectedShape(
            fields: Self.fields, ownerRule: .column("owner"), nullValues: [], format: .ndjson)
        let filter = try ConnectedOwners.of(["1", "true"]).filter(["1": [1], "true": [1]])
        let text = """
            {"owner":1,"v":1}
            {"owner":true,"v":2}
            {"owner":null,"v":3}
            {"v":4}
            {"owner":"1","v":5}
            """
        let outcome = try read(Upstream(text), filter, shape, fields: [1])
        #expect(outcome.text == "v\n5\n" && outcome.counts.ownerless == 4)
    }

    @Test("quoted line ends and quotes may lie across the border of any two chunks")
    func everyCut() throws {
        let rows = "a,1,\"x\ny\"\r\nb,\"2\",\"say \"\"hi\"\"\"\n\"a\",3,\"\r\n\"\n,4,z\na,5,\u{FEFF}é€😀\n"
        let text = Array(("\u{FEFF}owner,v,\"w\"\r\n" + rows + "a,6,end").utf8)
        let filter = try ConnectedOwners.of(["a", "b"]).filter(["a": [0, 1, 2], "b": [1, 2]])
        let expected =
            "owner,v,w\na,1,\"x\ny\"\n,2,\"say \"\"hi\"\"\"\na,3,\"\r\n\"\na,5,\u{FEFF}é€😀\na,6,end\n"
        for variant in Self.variants {
            for cut in 1...text.count {
                for upstream in [
                    Upstream(text, chunks: [cut]), Upstream(text, chunks: [cut, text.count]),
                ] {
                    let outcome = try read(upstream, filter, variant: variant)
                    #expect(outcome.text == expected && outcome.fault == nil, "\(cut) \(outcome)")
                }
            }
        }
    }

    @Test("a withdrawal is met by the block that is assembled anew, and by all behind it")
    func withdrawal() throws {
        let rows = (0..<30_000).map { "\($0 % 2 == 0 ? "a" : "b"),\($0),x" }
        let text = Array(("owner,v,w\n" + rows.joined(separator: "\n")).utf8)
        let owners = try ConnectedOwners.of(["a", "b"])
        let grants = OwnerFilter(owners: owners)
        for ordinal: UInt32 in [0, 1] { try grants.grant(ordinal, fields: FieldSet([0, 1, 2])) }
        func filter() throws -> ConnectedFilter {
            try ConnectedFilter(owners: owners, grants: grants.snapshot())
        }
        var stream = try ConnectedStream(
            Self.shape, filter: .owners, fields: [0, 1, 2], format: .csv)
        stream.feed(text)
        stream.finish()
        let first = try #require(try stream.assemble(try filter()))
        #expect(first.bytes.count <= 65_536 && first.bytes.count > 65_500 && first.delivered.count > 5_000)
        stream.advance(past: first)
        let stale = try #require(try stream.assemble(try filter()))
        #expect(stale.delivered.contains { $0.ordinal == 0 })
        grants.clear(0)
        let fresh = try #require(try stream.assemble(try filter()))
        #expect(fresh.delivered.map(\.ordinal) == [1] && fresh.rows > stale.rows / 2)
        stream.advance(past: fresh)
        // A grant that comes back releases no row that the stream has passed.
        try grants.grant(0, fields: FieldSet([1]))
        var rest = 0
        while let block = try stream.assemble(try filter()) {
            rest += block.delivered.filter { $0.ordinal == 1 }.map(\.rows).reduce(0, +)
            stream.advance(past: block)
        }
        #expect(stream.isAtEnd && stream.counts.rows == 30_000)
        #expect(first.rows / 2 + fresh.rows + rest == 15_000)
    }

    @Test("a key that lost its link is nobody's from the next block on")
    func links() throws {
        let cells = String(repeating: "x", count: 50)
        let text = "owner,v,w\n" + String(repeating: "a,\(cells)1,\nb,\(cells)2,\n", count: 10_000)
        let (one, two) = (
            try ConnectedOwners.of(["a", "b"]), try ConnectedOwners.of(["c", "b"], version: 2)
        )
        let grants = ["a": [1], "b": [1], "c": [1]]
        var filter = try one.filter(grants)
        let shape = ConnectedShape(
            fields: Self.fields.map { Field(name: $0.name, type: .string) }, ownerRule: .column("owner"))
        var stream = try ConnectedStream(shape, filter: .owners, fields: [1], format: .csv)
        var changes = 0
        let outcome = try stream.read(
            Upstream(text), { filter },
            change: {
                changes += 1
                guard changes == 2 else { return false }
                filter = try two.filter(grants)
                return true
            })
        let passed = outcome.passes[0].rows.count
        let expected = (0..<20_000).filter { $0 < passed || $0 % 2 == 1 }.map { "\(cells)\($0 % 2 + 1)\n" }
        #expect(outcome.text == "v\n" + expected.joined() && passed > 1_000)
        #expect(outcome.counts.unknown == (20_000 - passed) / 2)
    }

    @Test("no filter, no row: a dataset with owners is never read as open")
    func closed() throws {
        #expect(throws: DataPlaneError.notOpen) {
            try ConnectedStream(Self.shape, filter: .open, fields: [0], format: .csv)
        }
        var stream = try ConnectedStream(Self.shape, filter: .owners, fields: [0], format: .csv)
        stream.feed(Array("owner,v,w\na,1,x\n".utf8))
        #expect(try stream.assemble(nil) == nil && !stream.isAtEnd)
        for fields in [[], [3], [-1], [0, 0]] {
            #expect(throws: ClientFault(.badInput, "invalid_fields", "", field: "fields")) {
                try ConnectedStream(Self.open, filter: .open, fields: fields, format: .csv)
            }
        }
        let lost = ConnectedShape(fields: Self.fields, ownerRule: .column("x"))
        #expect(throws: ClientFault.self) {
            try ConnectedStream(lost, filter: .owners, fields: [0], format: .csv)
        }
    }

    @Test("a limit ends the read, whatever the upstream goes on with")
    func limit() throws {
        let text = "owner,v,w\na,1,x\nb,2,y\nc,3,z\nd,broken\n"
        for (limit, expected) in [(0, ""), (1, "1\n"), (3, "1\n2\n3\n")] {
            for variant in Self.variants {
                var stream = try ConnectedStream(
                    Self.open, filter: .open, fields: [1], format: .csv, limit: limit, variant: variant)
                let outcome = try stream.read(Upstream(text), { nil })
                #expect(outcome.text == "v\n" + expected && outcome.fault == nil)
                #expect(stream.isAtEnd && !stream.wantsInput)
            }
        }
    }

    @Test("more field sets than plans are kept: each row leaves by its owner's own")
    func manyFieldSets() throws {
        let names = (0..<12).map { "f\($0)" }
        let shape = ConnectedShape(
            fields: (["owner"] + names).map { Field(name: $0, type: .string) }, ownerRule: .column("owner"))
        let owners = try ConnectedOwners.of((0..<4_096).map { "o\($0)" })
        let sets = (0..<4_096).map { set in (0..<12).filter { set >> $0 & 1 == 1 } }
        let filter = try owners.filter(
            Dictionary(uniqueKeysWithValues: sets.indices.map { ("o\($0)", sets[$0].map { $0 + 1 }) }))
        var random = SeededGenerator.announced("many field sets")
        let order = (0..<3).flatMap { _ in (0..<4_096).shuffled(using: &random) }
        let text =
            "owner," + names.joined(separator: ",") + "\n"
            + order.map { "o\($0)," + names.joined(separator: ",") + "\n" }.joined()
        let expected = order.filter { $0 > 0 }.map { set in
            (0..<12).map { sets[set].contains($0) ? names[$0] : "" }.joined(separator: ",") + "\n"
        }
        for variant in [nil, StructureScan.Variant.best] {
            let outcome = try read(
                Upstream(text, chunks: [100_000]), filter, shape, fields: Array(1...12), variant: variant)
            #expect(outcome.text == names.joined(separator: ",") + "\n" + expected.joined())
            let some = try read(
                Upstream(text), filter, shape, fields: [12, 1], where: "f0 = 'f0'", variant: variant)
            let odd = order.filter { $0 & 1 == 1 }
            #expect(
                some.text
                    == "f11,f0\n" + odd.map { sets[$0].contains(11) ? "f11,f0\n" : ",f0\n" }.joined())
        }
    }

    @Test("a read that finds nothing gives way again and again, and an endless line costs no memory")
    func bounds() throws {
        let note = String(repeating: "x", count: 40)
        let rows = (0..<60_000).map { "\($0 % 2 == 0 ? "a" : "b"),\($0),\(note)" }
        let text = Array(("owner,v,w\n" + rows.joined(separator: "\n") + "\n").utf8)
        for condition in ["v < 0", "v = 59999", nil] {
            let filter = try ConnectedOwners.of(["a", "b"]).filter(
                condition == nil ? [:] : ["a": [1], "b": [1]])
            let outcome = try read(
                Upstream(text, chunks: [1_500_000]), filter, fields: [1], where: condition)
            #expect(outcome.passes.count >= 2 && outcome.counts.rows == 60_000)
            #expect(outcome.rows == (condition == "v = 59999" ? 1 : 0))
        }
        var stream = try ConnectedStream(Self.open, filter: .open, fields: [0], format: .csv)
        var (fed, fault): (Int, UpstreamFault?) = (0, nil)
        stream.feed(Array("owner,v,w\n".utf8))
        let endless = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
        while fault == nil, fed < 50_000_000 {
            while stream.wantsInput {
                stream.feed(endless)
                fed += endless.count
            }
            do throws(UpstreamFault) {
                if let block = try stream.assemble(nil) { stream.advance(past: block) }
            } catch { fault = error }
        }
        #expect(fault?.code == "row_too_long" && fault?.line == 2 && fed < 3_000_000)
    }
}
