import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Row stream")
struct RowStreamTests {
    @Test("with no grant a reader gets a header and no row")
    func noGrant() throws {
        let version = try Hub().publish("owner,v\na,1\n,2\n")
        let filter = OwnerFilter(version: version)
        #expect(try version.read(filter) == "owner,v\n")
        #expect(try version.read(filter, nil, .ndjson) == "")
        let stream = try RowStream(version: version, filter: .owners, fields: [0], format: .csv)
        #expect(try stream.assemble(nil) == nil)
    }

    @Test(
        "a field that an owner did not grant is empty in CSV and absent in NDJSON; else his row is not sent")
    func fieldExact() throws {
        let version = try Hub().publish("owner,v,w\na,1,x\nb,2,y\nc,3,z\n")
        let filter = try version.filter(["a": ["owner", "v", "w"], "b": ["w"], "c": ["owner"]])
        #expect(try version.read(filter) == "owner,v,w\na,1,x\n,,y\nc,,\n")
        #expect(try version.read(filter, ["w", "v"]) == "w,v\nx,1\ny,\n")
        #expect(try version.read(filter, ["v"]) == "v\n1\n")
        let json = "{\"w\":\"x\",\"v\":1}\n{\"w\":\"y\"}\n"
        #expect(try version.read(filter, ["w", "v"], .ndjson) == json)
    }

    @Test("rows of nobody are never released, whatever is granted")
    func ownerless() throws {
        let version = try Hub().publish(
            "owner,v\na,1\n,2\nNA,3\n\"\",4\n",
            IngestShape(ownerRule: .column("owner"), nullValues: ["", "NA"]))
        let filter = OwnerFilter(version: version)
        for ordinal in 0..<UInt32(version.ownerCount) { try filter.grant(ordinal, fields: FieldSet([0, 1])) }
        #expect(try version.read(filter) == "owner,v\na,1\n")
        #expect(version.ownerlessRows == 3)
    }

    @Test("a dataset of one owner is all his; an open one needs no filter")
    func otherRules() throws {
        let single = try Hub().publish("v\n1\n2\n", IngestShape(ownerRule: .single))
        #expect(single.ownerKey(of: 0) == "" && single.rows(of: 0) == 2)
        #expect(try single.read(try single.filter(["": ["v"]])) == "v\n1\n2\n")
        #expect(try single.read(OwnerFilter(version: single)) == "v\n")
        let open = try Hub().publish("v\n1\n2\n", IngestShape(ownerRule: .open))
        #expect((open.ownerCount, open.ownerlessRows) == (0, 0))
        #expect(try open.read(nil) == "v\n1\n2\n")
        #expect(try open.read(nil, nil, .ndjson) == "{\"v\":1}\n{\"v\":2}\n")
        #expect(try open.read(OwnerFilter(version: open)) == "v\n")
    }

    @Test("a dataset with owners is never read as open")
    func notOpen() throws {
        let version = try Hub().publish("owner\na\n")
        #expect(throws: DataPlaneError.notOpen) {
            try RowStream(version: version, filter: .open, fields: [0], format: .csv)
        }
        for fields in [[], [1], [-1], [0, 0]] {
            #expect(throws: ClientFault(.badInput, "invalid_fields", "", field: "fields")) {
                try RowStream(version: version, filter: .owners, fields: fields, format: .csv)
            }
        }
    }

    @Test("cells leave as published, quoted only where a reader would else misread them")
    func quoting() throws {
        let version = try Hub().publish(
            "owner,\"a,b\",\"c\"\"d\"\no,\"plain\",\"x,y\"\no,\"NA\",NA\n"
                + "o,\"\",\no, s ,\"l\nm\"\no,01.50,#x\n",
            IngestShape(ownerRule: .column("owner"), nullValues: ["NA", ""]))
        let filter = try version.filter(["o": ["owner", "a,b", "c\"d"]])
        let expected =
            "\"a,b\",\"c\"\"d\"\nplain,\"x,y\"\n\"NA\",NA\n\"\",\n s ,\"l\nm\"\n01.50,#x\n"
        #expect(try version.read(filter, ["a,b", "c\"d"]) == expected)
    }

    @Test("a null in the only column is an empty line, which reads back as the same row")
    func emptyLine() throws {
        let text = "v\n1\n\n\"\"\n"
        let shape = IngestShape(ownerRule: .open)
        let version = try Hub().publish(text, shape)
        #expect(version.rowCount == 3)
        #expect(try version.read(nil) == text)
        let again = try Hub().publish(try version.read(nil), shape)
        #expect(try again.read(nil) == text)
        #expect(try again.read(nil, nil, .ndjson) == "{\"v\":\"1\"}\n{\"v\":null}\n{\"v\":\"\"}\n")
    }

    @Test("NDJSON has the published digits, and strings escaped")
    func json() throws {
        let version = try Hub().publish(
            """
            i,d,b,t,s
            12345678901234567890123456789012345678,1.50,true,2024-01-01,"q "" \\ \t \u{1} / é"
            -0,1E+5,false,2024-01-02,NA
            "0",NA,NA,NA,"NA"
            """, IngestShape(ownerRule: .open, nullValues: ["NA", "0"]))
        #expect(version.fields.map(\.type) == [.integer, .decimal, .boolean, .date, .string])
        let expected = """
            {"i":12345678901234567890123456789012345678,"d":1.50,"b":true,"t":"2024-01-01",\
            "s":"q \\" \\\\ \\t \\u0001 / é"}
            {"i":-0,"d":1E+5,"b":false,"t":"2024-01-02","s":null}
            {"i":0,"d":null,"b":null,"t":null,"s":"NA"}

            """
        #expect(try version.read(nil, nil, .ndjson) == expected)
        for line in expected.split(separator: "\n") {
            #expect(throws: Never.self) { try JSON.parse(String(line)) }
        }
    }

    @Test("a withdrawal between two blocks stops the owner's rows, also in the middle of them")
    func withdrawal() throws {
        let rows = (0..<30_000).map { "\($0 % 2 == 0 ? "a" : "b"),\($0)" }
        let version = try Hub().publish("owner,v\n" + rows.joined(separator: "\n"))
        let filter = try version.filter(["a": ["owner", "v"], "b": ["owner", "v"]])
        var stream = try RowStream(version: version, filter: .owners, fields: [0, 1], format: .csv)
        let first = try #require(try stream.assemble(filter.snapshot()))
        #expect(first.delivered == [DeliveredRun(ordinal: 0, rows: first.rows, fields: FieldSet([0, 1]))])
        #expect(first.bytes.count <= 65_536 && first.bytes.count > 65_500)
        stream.advance(past: first)
        let stale = try #require(try stream.assemble(filter.snapshot()))
        #expect(stale.delivered.first?.ordinal == 0)
        // The epoch has changed before the block was written: it is assembled anew, from the same place.
        filter.clear(0)
        let fresh = try #require(try stream.assemble(filter.snapshot()))
        #expect(fresh.delivered.map(\.ordinal) == [1])
        #expect(!String(decoding: fresh.bytes, as: UTF8.self).contains("a,"))
        stream.advance(past: fresh)
        // A grant that comes back releases no row that the stream has passed.
        try filter.grant(0, fields: FieldSet([0, 1]))
        var rest = 0
        while let block = try stream.assemble(filter.snapshot()) {
            #expect(block.delivered.map(\.ordinal) == [1])
            rest += block.rows
            stream.advance(past: block)
        }
        #expect(fresh.rows + rest == 15_000)
    }

    @Test("a block knows whether it is the last, at the byte where it is full and one behind")
    func lastBlock() throws {
        // 64 rows of 1024 bytes fill a block exactly.
        let row = "a," + String(repeating: "x", count: 1021)
        for (format, rows, longer, isLast) in [
            (OutputFormat.csv, 64, 0, true), (.csv, 64, 1, false), (.csv, 65, 0, false), (.csv, 1, 0, true),
        ] {
            let text =
                ([String](repeating: row, count: rows - 1) + [row + String(repeating: "x", count: longer)])
                .joined(separator: "\n")
            let version = try Hub().publish("owner,v\n" + text + "\nb,1\n")
            let filter = try version.filter(["a": ["owner", "v"]])
            let stream = try RowStream(version: version, filter: .owners, fields: [0, 1], format: format)
            let block = try #require(try stream.assemble(filter.snapshot()))
            #expect(block.isLast == isLast, "\(rows) rows, \(longer) more")
            #expect(block.rows == min(64, rows) - (longer == 0 ? 0 : 1))
            // Whose rows come behind it matters only if they are released.
            try filter.grant(try #require(version.ordinal(of: "b")), fields: FieldSet([1]))
            let other = try #require(try stream.assemble(filter.snapshot()))
            #expect(other.isLast == (rows == 1))
        }
    }

    @Test("a narrowed grant takes the field away from the next block on")
    func narrowing() throws {
        let rows = (0..<20_000).map { "a,\($0),secret" }
        let version = try Hub().publish("owner,v,w\n" + rows.joined(separator: "\n"))
        let filter = try version.filter(["a": ["owner", "v", "w"]])
        var stream = try RowStream(version: version, filter: .owners, fields: [1, 2], format: .csv)
        let first = try #require(try stream.assemble(filter.snapshot()))
        stream.advance(past: first)
        try filter.grant(0, fields: FieldSet([1]))
        var count = first.rows
        while let block = try stream.assemble(filter.snapshot()) {
            #expect(!String(decoding: block.bytes, as: UTF8.self).contains("secret"))
            count += block.rows
            stream.advance(past: block)
        }
        #expect(count == 20_000)
    }

    @Test("random changes between assembling and advancing: every block is what its snapshot releases")
    func changesUnderway() throws {
        var random = SeededGenerator.announced("changes under way")
        let keys = (0..<200).map { "k\(1_000 + $0)" }
        let rows = (0..<40_000).map { number in "\(random.pick(keys)),\(number),\(number % 7)" }
        let version = try Hub().publish("owner,v,w\n" + rows.joined(separator: "\n"))
        for _ in 0..<4 {
            let filter = OwnerFilter(version: version)
            for ordinal in 0..<200 { try filter.grant(UInt32(ordinal), fields: FieldSet([0, 1, 2])) }
            var stream = try RowStream(version: version, filter: .owners, fields: [0, 1, 2], format: .csv)
            var seen: Set<Substring> = []
            while let block = try stream.assemble(filter.snapshot()) {
                if random.chance(50) {
                    filter.clear(UInt32.random(in: 0..<200, using: &random))
                    try filter.grant(
                        UInt32.random(in: 0..<200, using: &random),
                        fields: FieldSet([0, Int.random(in: 1...2, using: &random)]))
                    continue
                }
                let snapshot = filter.snapshot()
                for line in String(decoding: block.bytes, as: UTF8.self).split(separator: "\n") {
                    let cells = line.split(separator: ",", omittingEmptySubsequences: false)
                    let ordinal = try #require(version.ordinal(of: String(cells[0])))
                    let scope = try #require(snapshot.scope(Int(ordinal)))
                    let fields = snapshot.fields(ofScope: scope)
                    let isRight =
                        cells[1].isEmpty != fields.contains(1) && cells[2].isEmpty != fields.contains(2)
                    #expect(isRight)
                    let isNew = cells[1].isEmpty || seen.insert(cells[1]).inserted
                    #expect(isNew)
                }
                stream.advance(past: block)
            }
        }
    }
}
