import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Conditions and limits of a read")
struct SelectionTests {
    private static let text = "owner,v,w\na,1,x\na,2,\nb,1,y\nb,3,z\nc,1,x\n,1,x\n"

    private static func read(
        _ version: StoredVersion, _ filter: OwnerFilter, _ names: [String], where condition: String? = nil,
        limit: Int? = nil
    ) throws -> String {
        var stream = try RowStream(
            version: version, filter: .owners, fields: version.positions(names), format: .csv,
            where: condition.map { try Condition($0) }, limit: limit)
        var bytes: [UInt8] = []
        while let block = try stream.assemble(filter.snapshot()) {
            #expect(block.delivered.map(\.rows).reduce(0, +) == block.rows)
            bytes += block.bytes
            stream.advance(past: block)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("a condition asks only about what the row's owner granted")
    func ungranted() throws {
        let version = try Hub().publish(Self.text)
        let filter = try version.filter(["a": ["owner", "v", "w"], "b": ["v"], "c": ["w"]])
        func rows(_ condition: String) throws -> String {
            try Self.read(version, filter, ["v", "w"], where: condition)
        }
        #expect(try rows("v = 1") == "1,x\n1,\n")
        #expect(try rows("not v = 2") == "1,x\n1,\n3,\n")
        #expect(try rows("w = 'x'") == "1,x\n,x\n")
        #expect(try rows("w is null") == "2,\n" && rows("w is not null") == "1,x\n,x\n")
        #expect(try rows("not w is null") == "1,x\n,x\n" && rows("not w is not null") == "2,\n")
        #expect(try rows("w != 'x'") == "" && rows("w = 'x' or w != 'x'") == "1,x\n,x\n")
        #expect(try rows("w = 'y' or v = 1") == "1,x\n1,\n" && rows("owner = 'b'") == "")
        #expect(
            try rows("not owner = 'q'") == "1,x\n2,\n"
                && rows("not (w = 'y' and v = 9)") == "1,x\n2,\n1,\n3,\n,x\n")
        // What is asked about need not be among what is sent, and a row of nobody never is.
        #expect(try Self.read(version, filter, ["w"], where: "v >= 1") == "x\n\n")
        #expect(try Self.read(version, filter, ["owner"], where: "v >= 1") == "a\na\n")
    }

    @Test("a limit counts what is sent")
    func limit() throws {
        let version = try Hub().publish(Self.text)
        let filter = try version.filter(["a": ["v"], "b": ["v"], "c": ["w"]])
        for (limit, expected) in [
            (0, ""), (1, "1\n"), (3, "1\n2\n1\n"), (4, "1\n2\n1\n3\n"), (9, "1\n2\n1\n3\n"),
        ] {
            #expect(try Self.read(version, filter, ["v"], limit: limit) == expected)
        }
        #expect(try Self.read(version, filter, ["v"], where: "v in (3, 2)", limit: 1) == "2\n")
        #expect(try Self.read(version, filter, ["v"], where: "v > 1", limit: 1 << 53) == "2\n3\n")
        for limit in [0, 2] {
            let stream = try RowStream(
                version: version, filter: .owners, fields: [1], format: .csv, limit: limit)
            let block = try stream.assemble(filter.snapshot())
            #expect(block?.rows == (limit == 0 ? nil : limit) && block?.isLast ?? true)
        }
    }

    @Test("what an owner withholds changes no byte of what a condition lets through")
    func differential() throws {
        var random = SeededGenerator.announced("withheld content")
        let types: [FieldType] = [.string, .integer, .string, .decimal, .datetime, .boolean]
        let names = ["owner", "b", "c", "d", "e", "f"]
        let fields = zip(names, types).map { Field(name: $0, type: $1) }
        let shape = IngestShape(ownerRule: .column("owner"), fields: fields)
        let values: [[String]] = [
            [], ["", "0", "1", "2"], ["", "\"\"", "a", "\"say \"\"hi\"\"\"", "b"], ["", "0.5", "1e2", "-1"],
            ["", "2024-02-29T00:00:00Z", "1999-12-31T23:59:59.5+01:00"], ["", "true", "false"],
        ]
        for number in 1...300 {
            let owners = (0..<20).map { _ in "o\(Int.random(in: 0..<5, using: &random))" }
            let grants = (0..<5).map { _ in Set((0..<6).filter { _ in random.chance(50) }) }
            let shown = owners.map { _ in values.map { $0.isEmpty ? "" : random.pick($0) } }
            func file() -> String {
                "owner,b,c,d,e,f\n"
                    + zip(owners, shown).map { owner, cells in
                        let granted = grants[Int(owner.dropFirst()) ?? 0]
                        return
                            ([owner]
                            + (1..<6).map { granted.contains($0) ? cells[$0] : random.pick(values[$0]) })
                            .joined(separator: ",") + "\n"
                    }.joined()
            }
            let (one, other) = (try Hub(), try Hub())
            let versions = try [(one, file()), (other, file())].map { try $0.0.publish($0.1, shape) }
            let rows = NaiveReference(csv: file(), nullValues: [""]).rows
            for _ in 0..<10 {
                let condition = NaiveCondition.random(types, rows, &random).text(names, types, &random)
                let answers = try versions.map { version in
                    let filter = OwnerFilter(version: version)
                    for (owner, fields) in grants.enumerated() {
                        guard let ordinal = version.ordinal(of: "o\(owner)") else { continue }
                        try filter.grant(ordinal, fields: FieldSet(fields))
                    }
                    return try Self.read(version, filter, names, where: condition)
                }
                #expect(answers[0] == answers[1], "\(condition), read \(number), \(replay)")
            }
        }
    }

    @Test("a read that finds nothing gives way again and again, and comes to an end")
    func givingWay() throws {
        let rows = (0..<200_000).map {
            "\($0 % 2 == 0 ? "a" : "b"),\($0),\(String(repeating: "x", count: 60))"
        }
        let version = try Hub().publish("owner,v,w\n" + rows.joined(separator: "\n") + "\n")
        let filter = try version.filter(["a": ["owner", "v"], "b": ["owner", "v"]])
        for (condition, expected) in [
            ("v < 0", 0), ("v = 199999", 1), ("v >= 0 and (v < 10 or v > 199995)", 14),
        ] {
            var stream = try RowStream(
                version: version, filter: .owners, fields: [1], format: .csv, where: Condition(condition))
            var (empty, sent, blocks) = (0, 0, 0)
            while let block = try stream.assemble(filter.snapshot()) {
                let (start, end) = (block.start, block.end)
                #expect((end.block, end.row) > (start.block, start.row) || end.segment > start.segment)
                #expect(block.rows > 0 || !block.isLast)
                empty += block.rows == 0 ? 1 : 0
                (sent, blocks) = (sent + block.rows, blocks + 1)
                stream.advance(past: block)
            }
            #expect(sent == expected && empty >= 3 && blocks < 200, "\(condition): \(empty) of \(blocks)")
        }
    }

    @Test("a withdrawal is met at the next block, found rows or not")
    func withdrawal() throws {
        let rows = (0..<100_000).map { "\($0 % 2 == 0 ? "a" : "b"),\($0)" }
        let version = try Hub().publish("owner,v\n" + rows.joined(separator: "\n") + "\n")
        let filter = try version.filter(["a": ["owner", "v"], "b": ["owner", "v"]])
        var stream = try RowStream(
            version: version, filter: .owners, fields: [0, 1], format: .csv, where: Condition("v >= 99990"))
        let first = try #require(try stream.assemble(filter.snapshot()))
        #expect(first.rows == 0 && first.bytes.isEmpty && !first.isLast && first.delivered.isEmpty)
        stream.advance(past: first)
        filter.clear(0)
        var text = ""
        while let block = try stream.assemble(filter.snapshot()) {
            text += String(decoding: block.bytes, as: UTF8.self)
            stream.advance(past: block)
        }
        #expect(text == "b,99991\nb,99993\nb,99995\nb,99997\nb,99999\n")
    }

    @Test("conditions and limits hold when blocks are dropped and assembled anew")
    func changesUnderway() throws {
        var random = SeededGenerator.announced("selections under way")
        let rows = (0..<40_000).map { number in
            "k\(100 + Int.random(in: 0..<200, using: &random)),\(number),\(number % 7)"
        }
        let version = try Hub().publish("owner,v,w\n" + rows.joined(separator: "\n"))
        for _ in 0..<12 {
            let filter = OwnerFilter(version: version)
            for ordinal in 0..<200 { try filter.grant(UInt32(ordinal), fields: FieldSet([0, 1, 2])) }
            let limit = random.pick([nil, 7, 5_000, 12_000])
            var stream = try RowStream(
                version: version, filter: .owners, fields: [0, 1, 2], format: .csv,
                where: Condition("w in (1, 3, 5) or v > 35000"), limit: limit)
            var (seen, sent): (Set<Int>, Int) = ([], 0)
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
                    let fields = snapshot.fields(ofScope: try #require(snapshot.scope(Int(ordinal))))
                    #expect(cells[1].isEmpty != fields.contains(1) && cells[2].isEmpty != fields.contains(2))
                    let isMatch = ["1", "3", "5"].contains(cells[2]) || (Int(cells[1]) ?? 0) > 35_000
                    #expect(isMatch)
                    if let number = Int(cells[1]) {
                        let isNew = seen.insert(number).inserted
                        #expect(isNew)
                    }
                }
                stream.advance(past: block)
                sent += block.rows
            }
            #expect(sent <= limit ?? .max)
            if let limit, limit <= 5_000 { #expect(sent == limit) }
        }
    }
}
