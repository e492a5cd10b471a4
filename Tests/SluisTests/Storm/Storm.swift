import Model
import TestSupport

@testable import sluis

/// Readers and owners at once, and what is checked when they pause.
struct Storm {
    /// After how many spells every owner has looked at his history.
    private static let turns = 4

    private let world: StormWorld
    private let ledger: StormLedger
    private let client: PacedClient
    private let tokens: StormTokens
    private var log: StormLog
    private var spells = 0
    private var audit: Task<StormFindings, any Error>?
    private(set) var findings = StormFindings()

    init(_ world: StormWorld) {
        self.world = world
        ledger = StormLedger(agreements: world.agreements.count)
        client = PacedClient(world.exchange.consumer.profile, connections: 64)
        tokens = StormTokens(world)
        log = StormLog(world.exchange.hub)
    }

    /// Everybody says what he thinks, under each agreement.
    mutating func begin(_ seed: UInt64) async throws {
        let (world, ledger) = (world, ledger)
        findings.faults += try await withThrowingTaskGroup(of: [String].self) { group in
            for lane in 0..<8 {
                group.addTask {
                    var owners = StormOwner(
                        world, ledger, SeededGenerator(seed: seed &+ UInt64(lane)))
                    for owner in stride(from: lane, to: StormTable.owners, by: 8) {
                        for agreement in world.agreements.indices {
                            try await owners.change(agreement, owner)
                        }
                    }
                    return owners.faults
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// One spell of it, and then a pause, until the log tells all.
    mutating func rage(until deadline: Instant, streams: Int, changers: Int, _ seed: UInt64) async throws {
        let (world, ledger, client, tokens) = (world, ledger, client, tokens)
        async let changed = withThrowingTaskGroup(of: [String].self) { group in
            for number in 0..<changers {
                group.addTask {
                    var random = SeededGenerator(seed: seed &+ 1_000 &+ UInt64(number))
                    var owners = StormOwner(world, ledger, random)
                    while Instant.system < deadline {
                        try await owners.change()
                        let pause = Int.random(in: 0...random.pick([20, 200, 600]), using: &random)
                        try await Task.sleep(for: .milliseconds(pause))
                    }
                    return owners.faults
                }
            }
            return try await group.reduce(into: [String]()) { $0 += $1 }
        }
        let readers = try await withThrowingTaskGroup(of: StormReader.self) { group in
            for number in 0..<streams {
                group.addTask {
                    var reader = StormReader(
                        world, client, tokens, until: deadline,
                        SeededGenerator(seed: seed &+ 2_000 &+ UInt64(number)))
                    try await reader.run()
                    return reader
                }
            }
            return try await group.reduce(into: [StormReader]()) { $0.append($1) }
        }
        findings.faults += try await changed + readers.flatMap(\.faults)
        let began = ContinuousClock.now
        defer { findings.count.pauses += ContinuousClock.now - began }
        try await check(readers.flatMap(\.reads), denials: readers.flatMap(\.denials))
        // What was not checked yet has its own copy.
        ledger.forget()
    }

    /// Ends the hub, and verifies its log.
    mutating func end() async throws {
        try await finishAudit()
        try await client.close()
        let hub = world.exchange.hub
        if hub.stop() != 0 { findings.faults.append("the hub did not end well: \(hub.errors.suffix(500))") }
        for command in ["verify", "fsck"] {
            let result = try Program.run("sluis", ["log", command, "--data", hub.data])
            if result.status != 0 { findings.faults.append("\(command): \(result.output)\(result.errors)") }
        }
    }

    // MARK: Checks

    /// Waits until the log tells all, and lets the checks begin.
    private mutating func check(_ reads: [StormRead], denials: [Int64]) async throws {
        try await finishAudit()
        let book = try await settled(since: .system, reads)
        checkGrants(book)
        let lookers = stride(from: spells % Self.turns, to: StormTable.owners, by: Self.turns)
        let audit = StormAudit(
            world: world, reads: reads, denials: denials, book: book, accounts: ledger.accounts,
            lookers: Array(lookers))
        spells += 1
        self.audit = Task { try await audit.findings() }
    }

    private mutating func finishAudit() async throws {
        guard let audit else { return }
        findings += try await audit.value
        self.audit = nil
    }

    /// The log, when it tells how each stream ended and each grant whose time ran out before `now`.
    private mutating func settled(since now: Instant, _ reads: [StormRead]) async throws -> StormBook {
        var book = StormBook(of: Set(world.agreements.map(\.id)))
        let last = ledger.accounts.joined().compactMap { $0.last?.answer?.entry }.max() ?? -1
        for _ in 0..<15_000 {
            for (index, entry) in try log.more() {
                book.add(index, entry)
                if entry["type"] == "grant.expired" { noteExpiry(index, entry) }
            }
            let decisions = Set(book.streams.values.map(\.decision.index))
            let lacksExpiries = ledger.accounts.joined().contains { $0.lacksExpiry(at: now) }
            if book.isComplete, book.last >= last, !lacksExpiries,
                reads.allSatisfy({ decisions.contains($0.decision) })
            {
                return book
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Refusal("the log did not tell all within five minutes")
    }

    private mutating func noteExpiry(_ index: Int64, _ entry: JSON) {
        findings.count.expiries += 1
        guard let grant = entry["grant"]?.string, let epoch = entry["epoch"]?.integer,
            ledger.noteExpiry(of: grant, epoch: epoch, entry: index)
        else {
            findings.faults.append("entry \(index) tells of a grant that nobody gave")
            return
        }
    }

    /// The log tells of every change that was answered, and of no other.
    private mutating func checkGrants(_ book: StormBook) {
        var told = Set(book.grants.filter { $0.value["type"] != "grant.expired" }.keys)
        for change in ledger.accounts.joined().flatMap(\.changes) {
            guard let answer = change.answer else {
                findings.count.refused += 1
                continue
            }
            // Of a spell before.
            guard answer.entry >= book.first else { continue }
            findings.count.changes += 1
            if change.isNarrowing { findings.count.narrowings += 1 }
            let entry = book.grants[answer.entry]
            let agree =
                entry?["grant"]?.string == answer.grant && entry?["epoch"]?.integer == answer.epoch
                && entry?["state"]?.string == (answer.terms == nil ? "Withdrawn" : "Given")
            if !agree || told.remove(answer.entry) == nil {
                findings.faults.append("entry \(answer.entry) is not that of the change: \(answer)")
            }
        }
        for index in told { findings.faults.append("entry \(index) is of a change that nobody made") }
    }
}
