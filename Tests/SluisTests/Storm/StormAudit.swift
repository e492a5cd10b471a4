import Model

@testable import sluis

/// The checks of one spell of a storm, which the next one does not disturb.
struct StormAudit: Sendable {
    private static let lanes = 4

    let world: StormWorld
    let reads: [StormRead]
    /// Entries of decisions that gave no rows.
    let denials: [Int64]
    let book: StormBook
    /// As they were when the spell was over.
    let accounts: [[StormAccount]]
    /// Owners who look at their histories.
    let lookers: [Int]

    func findings() async throws -> StormFindings {
        var findings = StormFindings(faults: book.faults)
        let streams = Dictionary(
            book.streams.values.map { ($0.decision.index, $0) }, uniquingKeysWith: { first, _ in first })
        let known = Set(reads.map(\.decision) + denials)
        for (index, stream) in streams where !known.contains(index) && !stream.isTakenBack {
            findings.faults.append("entry \(index) is of a read that nobody made")
        }
        let checks = try await checks(streams)
        if checks.count < reads.count { findings.faults.append("a read is not in the log") }
        var histories = StormHistories()
        for check in checks {
            findings.faults += check.faults.prefix(5).map {
                "\(check.read.query.path), entries \(check.read.decision), \(check.completion): \($0)"
            }
            histories.add(check.delivered, entry: check.completion)
            findings.count.add(check)
        }
        findings += try await compare(histories)
        return findings
    }

    private func checks(_ streams: [Int64: StormBook.Stream]) async throws -> [StormCheck] {
        try await withThrowingTaskGroup(of: [StormCheck].self) { group in
            for lane in 0..<Self.lanes {
                group.addTask {
                    try stride(from: lane, to: reads.count, by: Self.lanes).compactMap { number in
                        let read = reads[number]
                        return try streams[read.decision].map {
                            try StormCheck(world, read, $0, accounts[read.query.agreement])
                        }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func compare(_ histories: StormHistories) async throws -> StormFindings {
        try await world.exchange.indexed(beyond: book.last, by: world.supervisor)
        return try await withThrowingTaskGroup(of: StormFindings.self) { group in
            for lane in 0..<Self.lanes {
                group.addTask {
                    var findings = StormFindings()
                    for place in stride(from: lane, to: lookers.count, by: Self.lanes) {
                        findings += try await histories.findings(
                            of: lookers[place], in: world, book.first...book.last)
                    }
                    return findings
                }
            }
            return try await group.reduce(into: StormFindings()) { $0 += $1 }
        }
    }
}
