import DataPlane
import Foundation
import Model

/// The file of the story, and who plays in it.
struct DemoMaterial {
    /// As many owners as grant, if the file has so many.
    static let maximumOwners = 1500
    /// What the authority asks for, where the file has these columns; else all columns.
    private static let flightFields = [
        "month", "day", "carrier", "tailnum", "origin", "dest", "dep_delay", "arr_delay",
    ]

    let file: String
    let ownerColumn: String
    let nullValues: [String]
    /// With the types inferred from the whole file.
    let columns: [Field]
    /// The owners who grant: the first by key. Every fifth grants only some fields.
    let owners: [(key: String, rows: Int)]
    /// What the agreement covers.
    let fields: [String]
    /// What every fifth owner grants: the first half of it, the owner column included.
    let someFields: [String]

    init(csv: String?, ownerColumn: String?, nullValues: [String], folder: String, _ narrator: Narrator)
        throws
    {
        self.ownerColumn = ownerColumn ?? "tailnum"
        self.nullValues = [""] + (csv == nil ? ["NA"] : nullValues)
        if let csv {
            file = csv
        } else {
            file = folder + "/flights.csv"
            narrator.begin()
            var generator = FlightGenerator(seed: 2013)
            try generator.write(to: file)
            try narrator.tell(
                "no file given: flights from a seeded generator, of the shape of nycflights13",
                ["file": .string(file), "rows": .integer(Int64(FlightGenerator.rows))])
        }
        narrator.begin()
        let finding = try Self.inspect(file, self.ownerColumn, self.nullValues)
        columns = finding.fields
        owners = finding.owners.sorted { $0.key < $1.key }.prefix(Self.maximumOwners).map {
            (key: $0.key, rows: $0.value)
        }
        let names = columns.map(\.name)
        fields = Self.flightFields.allSatisfy(names.contains) ? Self.flightFields : names
        let half = fields.prefix(max(1, fields.count / 2))
        let column = self.ownerColumn
        someFields = half.contains(column) ? Array(half) : fields.filter { half.contains($0) || $0 == column }
        guard owners.count >= 2 else {
            throw ClientFault(
                .unprocessable, "too_few_owners", "the story needs two owners", field: "--owner-column",
                found: "\(owners.count) in column `\(column)`", remedy: "name another column")
        }
    }

    /// Whether the owner at this place grants only some fields.
    func grantsSome(_ place: Int) -> Bool { place % 5 == 4 }

    private static func inspect(
        _ file: String, _ ownerColumn: String, _ nullValues: [String]
    ) throws -> FileInspection.Finding {
        let meter = ProgressMeter("bytes read", total: UInt64(try InputFile.sizeBytes(file, option: "--csv")))
        defer { meter.end() }
        var inspection = try FileInspection(
            shape: IngestShape(ownerRule: .column(ownerColumn), nullValues: nullValues))
        try InputFile.read(file, option: "--csv") { bytes in
            try inspection.consume(bytes)
            meter.advance(by: bytes.count)
        }
        let finding = try inspection.finish()
        if let fault = finding.fault { throw fault.fault }
        return finding
    }
}
