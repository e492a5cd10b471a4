/// The figures of the data plane.
@main
struct Benchmark {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("generate", 4...5):
            guard let bytes = Int(arguments[1]), let owners = Int(arguments[2]), owners > 0,
                let spread = MeterFile.Spread(rawValue: arguments.count == 5 ? arguments[4] : "even")
            else { return usage() }
            var file = MeterFile(
                owners: owners, isObjects: arguments[3].hasSuffix(".ndjson"), spread: spread)
            print("\(try file.write(size: bytes, to: arguments[3])) rows")
        case ("scan", 2...3):
            try Scan(path: arguments[1]).run(only: arguments.count == 3 ? arguments[2] : nil)
        case ("hosted", 3): try Hosted(path: arguments[1], folder: arguments[2]).run()
        case ("ingest", 3): try Hosted(path: arguments[1], folder: arguments[2]).runIngest()
        case ("memory", 3): try Hosted(path: arguments[1], folder: arguments[2]).runMemory()
        case ("granted", 4):
            guard let owners = Int(arguments[1]), let share = Int(arguments[2]) else { return usage() }
            try writeGranted(owners: owners, share: share, to: arguments[3])
        case ("lines", 2): try printLines(of: arguments[1])
        case ("connected", 6...7):
            guard let owners = Int(arguments[2]) else { return usage() }
            let connected = try Connected(
                path: arguments[1], ownerCount: owners, granted: arguments[3], types: arguments[4] == "typed")
            let fields = arguments[5].split(separator: ",").compactMap { Int($0) }
            try connected.run(
                "connected", fields: fields, output: arguments.count == 7 ? arguments[6] : nil)
        default: usage()
        }
    }

    private static func usage() {
        print(
            """
            usage: DataPlaneBenchmark generate BYTES OWNERS FILE [even|skewed|single]
                   DataPlaneBenchmark scan FILE [FIGURE]
                   DataPlaneBenchmark hosted|ingest|memory FILE FOLDER
                   DataPlaneBenchmark granted OWNERS SHARE FILE
                   DataPlaneBenchmark connected FILE OWNERS GRANTED typed|text FIELDS [OUTPUT]
                   DataPlaneBenchmark lines FILE
            """)
    }
}
