import DataPlane
import Model

/// Everything that a read does with a condition, done to any bytes: what the fuzzer calls, and the tests with
/// the fuzzer's corpus.
enum ConditionTorture {
    static let rows = 6

    private static let lines = [
        "s,n,d,b,day,at", ",,,,,", #""","0","0",true,0001-01-01,0001-01-01T00:00:00"#,
        #""say ""hi""",-99999999999999999999999999999999999999,1e-99999999999999999999,false,9999-12-31,"#
            + "9999-12-30 23:59:60.999999999999z",
        "é€😀,7,7.0,true,2024-02-29,2024-02-29T00:00:00+23:59",
        #""a,b",12,-12.50,false,2023-02-28,2023-03-01T00:00:00.5-00:30"#,
        "x,-0,1.7976931348623157e308,true,1970-01-01,1970-01-01T00:00:00Z",
    ]

    /// Rows of every type, awkward ones among them.
    static func version(in directory: String) throws -> StoredVersion? {
        guard let dataset = Slug("fuzzed") else { return nil }
        let names: [(String, FieldType)] = [
            ("s", .string), ("n", .integer), ("d", .decimal), ("b", .boolean), ("day", .date),
            ("at", .datetime),
        ]
        let fields = names.map { Field(name: $0.0, type: $0.1) }
        let store = DatasetStore(directory: directory)
        let shape = IngestShape(ownerRule: .open, nullValues: ["", "0"], fields: fields)
        let ingest = try store.beginIngest(dataset: dataset, version: 1, shape: shape)
        try ingest.consume(Array(lines.joined(separator: "\n").utf8))
        _ = try ingest.finish()
        return try store.open(dataset: dataset, version: 1)
    }

    /// - Returns: for how many rows the bytes are true as a condition; nil if they are none.
    static func run(_ bytes: [UInt8], on version: StoredVersion) -> Int? {
        guard let text = String(validating: bytes, as: UTF8.self), let found = try? count(text, version)
        else {
            return nil
        }
        // No row is true for a condition and its negation.
        let others = (try? count("not (\(text))", version)) ?? 0
        precondition(found + others <= rows, "a condition and its negation are both true")
        return found
    }

    private static func count(_ text: String, _ version: StoredVersion) throws -> Int {
        var stream = try RowStream(
            version: version, filter: .open, fields: [0], format: .csv, where: Condition(text))
        var rows = 0
        while let block = try stream.assemble(nil) {
            rows += block.rows
            stream.advance(past: block)
        }
        return rows
    }
}
