import Model

@testable import sluis

/// What owners should find in their reading histories, by owner and the index of the entry.
struct StormHistories: Sendable {
    struct Access: Hashable, Sendable {
        var rows: Int
        var fields: StormFields
    }

    private var expected = [[Int64: Access]](repeating: [:], count: StormTable.owners)

    /// Adds what went in one read.
    mutating func add(_ delivered: [Int: StormCheck.Delivered], entry: Int64) {
        for (key, went) in delivered where went.rows > 0 {
            var access = expected[key / StormTable.keysOfEach][entry] ?? Access(rows: 0, fields: [])
            access.rows += went.rows
            access.fields.formUnion(went.fields)
            expected[key / StormTable.keysOfEach][entry] = access
        }
    }

    /// Compares what an owner finds of some entries.
    func findings(
        of owner: Int, in world: StormWorld, _ entries: ClosedRange<Int64>
    ) async throws -> StormFindings {
        var found: [Int64: Access] = [:]
        var last = Int64.max
        var findings = StormFindings()
        var path = "/api/v1/accesses?limit=500"
        while last > entries.lowerBound {
            let page = try await world.owners[owner].call(.get, path).json
            for item in page["items"]?.array ?? [] {
                let entry = item["entry"]?.integer ?? -1
                if entry >= last { findings.faults.append("owner \(owner): entry \(entry) behind \(last)") }
                last = entry
                guard entries.contains(entry) else { continue }
                found[entry] = Access(
                    rows: Int(item["rows"]?.integer ?? -1),
                    fields: StormFields(item["fields"]?.array?.compactMap(\.string) ?? []))
            }
            guard let next = page["next"]?.string else { break }
            path = "/api/v1/accesses?limit=500&cursor=\(PercentEncoder.encode(next))"
        }
        for entry in Set(found.keys).union(expected[owner].keys) {
            let (finds, went) = (found[entry], expected[owner][entry])
            guard finds != went else { continue }
            findings.faults.append(
                "owner \(owner), entry \(entry): finds \(String(describing: finds)), "
                    + "went \(String(describing: went))")
        }
        findings.count.accesses = found.count
        return findings
    }
}
