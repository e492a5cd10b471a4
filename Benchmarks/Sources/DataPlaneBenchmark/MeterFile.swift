import Foundation
import Model

/// The file that the figures of the data plane are about: readings of meters in order of time, whose owners
/// come in any order. The same bytes for the same size and number of owners, on every machine.
struct MeterFile {
    static let header = "meter,at,active,reactive,voltage,status,note\n"

    static let fields = [
        Field(name: "meter", type: .string), Field(name: "at", type: .datetime),
        Field(name: "active", type: .decimal), Field(name: "reactive", type: .decimal),
        Field(name: "voltage", type: .integer), Field(name: "status", type: .string),
        Field(name: "note", type: .string),
    ]

    private static let statuses = ["measured", "estimated", "corrected", "missing"].map { Array($0.utf8) }
    private static let notes = [
        "", "read at the head end", "manual reading by the resident", "\"replaced, see the report\"",
        "no communication", "\"checked\"", "second attempt after a fault", "tariff change at midnight",
    ].map { Array($0.utf8) }

    /// The keys of so many owners.
    static func keys(_ owners: Int) -> [String] { (0..<owners).map { "NL\(100_000 + $0)" } }

    /// How rows are spread over their owners.
    enum Spread: String {
        /// About as many of each.
        case even
        /// Of a tenth of the owners more than half of all rows, and so on within that tenth.
        case skewed
        /// One of each, while there are owners.
        case single
    }

    private let owners: UInt64
    private let spread: Spread
    /// Whether rows are objects, as NDJSON has them, and not lines of CSV.
    private let isObjects: Bool
    private var random: UInt64 = 2_026
    private var row: UInt64 = 0
    private var second = 0
    private var instant: [UInt8] = []
    private var buffer: [UInt8] = []

    init(owners: Int, isObjects: Bool = false, spread: Spread = .even) {
        self.owners = UInt64(owners)
        self.spread = spread
        self.isObjects = isObjects
        setInstant()
    }

    /// Writes whole rows until there are `size` bytes; how many rows that takes.
    mutating func write(size: Int, to path: String) throws -> Int {
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw CocoaError(.fileWriteUnknown)
        }
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        defer { try? file.close() }
        buffer = isObjects ? [] : Array(Self.header.utf8)
        var (written, rows) = (0, 0)
        while written + buffer.count < size {
            appendRow()
            rows += 1
            // Some two hundred meters report in a second.
            if rows % 200 == 0 {
                second += 1
                setInstant()
            }
            guard buffer.count >= 1 << 20 else { continue }
            try file.write(contentsOf: buffer)
            written += buffer.count
            buffer.removeAll(keepingCapacity: true)
        }
        try file.write(contentsOf: buffer)
        return rows
    }

    private mutating func appendRow() {
        let chance = next()
        begin("meter", isText: true)
        buffer += [UInt8(ascii: "N"), UInt8(ascii: "L")]
        append(100_000 + owner())
        end(isText: true)
        begin("at", isText: true)
        buffer += instant
        end(isText: true)
        begin("active")
        appendDecimal(chance & 0xF_FFFF)
        begin("reactive")
        if chance >> 20 & 7 == 0 { buffer.append(UInt8(ascii: "-")) }
        appendDecimal(chance >> 23 & 0x7FFF)
        begin("voltage")
        append(215 + chance >> 38 % 30)
        begin("status", isText: true)
        buffer += Self.statuses[chance >> 44 & 15 == 0 ? Int(chance >> 48 & 3) : 0]
        end(isText: true)
        let note = Self.notes[Int(chance >> 50 & 7)]
        // Some have the quotes of CSV, which an object gives all texts.
        let isQuoted = note.first == UInt8(ascii: "\"")
        begin("note", isText: !isQuoted)
        buffer += note
        end(isText: !isQuoted)
        if isObjects { buffer.append(UInt8(ascii: "}")) }
        buffer.append(UInt8(ascii: "\n"))
    }

    private mutating func owner() -> UInt64 {
        switch spread {
        case .even: return next() % owners
        case .skewed:
            let part = Double(next() >> 11) / Double(1 << 53)
            return UInt64(Double(owners) * part * part * part * part)
        case .single:
            defer { row += 1 }
            // A prime: they come in any order, and each once.
            return row &* 2_147_483_647 % owners
        }
    }

    private mutating func begin(_ name: StaticString, isText: Bool = false) {
        let isFirst = buffer.last == UInt8(ascii: "\n") || buffer.isEmpty
        if isObjects {
            buffer += isFirst ? [UInt8(ascii: "{")] : [UInt8(ascii: ",")]
            buffer += "\"\(name)\":".utf8
            if isText { buffer.append(UInt8(ascii: "\"")) }
        } else if !isFirst {
            buffer.append(UInt8(ascii: ","))
        }
    }

    private mutating func end(isText: Bool) {
        if isObjects, isText { buffer.append(UInt8(ascii: "\"")) }
    }

    private mutating func append(_ number: UInt64) {
        if number >= 10 { append(number / 10) }
        buffer.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    /// With three digits behind the point.
    private mutating func appendDecimal(_ thousandths: UInt64) {
        append(thousandths / 1_000)
        buffer.append(UInt8(ascii: "."))
        for divisor: UInt64 in [100, 10, 1] {
            buffer.append(UInt8(ascii: "0") + UInt8(thousandths / divisor % 10))
        }
    }

    private mutating func setInstant() {
        let time = Date(timeIntervalSince1970: 1_767_225_600 + Double(second))
        instant = Array(time.formatted(.iso8601).utf8)
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        random &+= 0x9E37_79B9_7F4A_7C15
        var mixed = random
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
