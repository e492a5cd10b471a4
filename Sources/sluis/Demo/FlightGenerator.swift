import Foundation

/// Flights of the shape of nycflights13 (same columns, rows, owners and null markers), from a seed: what the
/// demo publishes when it has no file. The numbers in it mean nothing.
struct FlightGenerator {
    static let rows = 336_776
    static let aircraft = 4043
    static let ownerlessRows = 2512
    static let header =
        "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,"
        + "tailnum,origin,dest,air_time,distance,hour,minute,time_hour"

    private static let carriers = ["9E", "AA", "B6", "DL", "EV", "F9", "MQ", "UA", "US", "WN"]
    private static let origins = ["EWR", "JFK", "LGA"]
    private static let destinations = ["ATL", "BOS", "CLT", "IAH", "LAX", "MCO", "MIA", "ORD", "SFO", "TPA"]

    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Writes the whole file.
    mutating func write(to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { throw Refusal("`\(path)` cannot be written") }
        defer { try? file.close() }
        var buffer = Self.header + "\n"
        for row in 0..<Self.rows {
            buffer += line(row)
            if buffer.utf8.count > 1 << 20 {
                try file.write(contentsOf: Data(buffer.utf8))
                buffer = ""
            }
        }
        try file.write(contentsOf: Data(buffer.utf8))
    }

    private mutating func line(_ row: Int) -> String {
        let day = row * 365 / Self.rows
        let month = day * 12 / 365 + 1
        let (hour, minute) = (5 + next(18), next(60))
        let departed = hour * 100 + minute
        // Every aircraft flies at least once; the last rows belong to nobody.
        let tail = row < Self.aircraft ? row : next(Self.aircraft)
        let owner = row >= Self.rows - Self.ownerlessRows ? "NA" : "N\(10_001 + tail)"
        let isCancelled = owner == "NA" || next(40) == 0
        let delay = isCancelled ? "NA" : String(next(90) - 20)
        let arrival = isCancelled ? "NA" : String(next(120) - 40)
        let flown = isCancelled ? "NA" : String(30 + next(300))
        let departure = isCancelled ? "NA" : String(hour * 100 + minute)
        let monthText = month < 10 ? "0\(month)" : "\(month)"
        let dayText = "\(10 + day % 18)"
        return "2013,\(month),\(10 + day % 18),\(departure),\(hour * 100 + minute),\(delay),"
            + "\(isCancelled ? "NA" : String(departed + 200)),\(departed + 200),\(arrival),"
            + "\(Self.carriers[next(10)]),\(1 + next(8000)),\(owner),\(Self.origins[next(3)]),"
            + "\(Self.destinations[next(10)]),\(flown),\(100 + next(2400)),\(hour),\(minute),"
            + "2013-\(monthText)-\(dayText) \(hour < 10 ? "0" : "")\(hour):00:00\n"
    }

    /// SplitMix64, reduced to 0..<bound.
    private mutating func next(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
