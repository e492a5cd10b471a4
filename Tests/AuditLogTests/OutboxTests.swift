import Foundation
import MerkleLog
import Model
import Testing

@testable import AuditLog
import TestSupport

@Suite("The outbox", .timeLimit(.minutes(20))) struct OutboxTests {
    let directory: DataDirectory
    init() throws { directory = try DataDirectory() }

    private func rows(_ numbers: some Sequence<Int64>) -> [OutboxRow] {
        numbers.map { OutboxRow(number: $0, entry: entry("row \($0)", number: $0)) }
    }

    /// The outbox numbers in the log, in order.
    private func logged() throws -> [Int64] {
        let size = try #require(try directory.publishedCheckpoint()).size
        return try directory.publishedEntries(size).compactMap { EntryStamp($0).number }
    }

    private func replay(_ store: MemoryStore) async throws -> Int {
        let log = try directory.open()
        defer { log.close() }
        return try await Outbox(log: log, store: store).replay()
    }

    @Test("Replay appends what the log lacks, in order, and drops what it holds") func replay() async throws {
        #expect(try await replay(MemoryStore()) == 0)
        let store = MemoryStore(rows: rows(1...5))
        #expect(try await replay(store) == 5)
        #expect(store.numbers.isEmpty)
        #expect(try await replay(MemoryStore(rows: rows(1...5))) == 0)
        let overlapping = MemoryStore(rows: rows(3...9))
        #expect(try await replay(overlapping) == 4)
        #expect(overlapping.drops == [9])
        #expect(try await replay(MemoryStore(rows: rows(10...10))) == 1)
        #expect(try logged() == Array(1...10))
        #expect(try directory.verdict(checksEntries: true).isVerified)
    }

    @Test("Entries without a number between them do not confuse it, however many follow") func unnumbered()
        async throws
    {
        #expect(try await replay(MemoryStore(rows: rows(1...3))) == 3)
        for _ in 0..<3 {
            let log = try directory.open()
            try await log.appendAll(entries(0..<300))
            log.close()
            let store = MemoryStore(rows: rows(1...3))
            #expect(try await replay(store) == 0)
            #expect(store.numbers.isEmpty)
        }
        #expect(try logged() == [1, 2, 3])
    }

    @Test(
        "A gap before, between or an order that is none is refused, and nothing is appended or dropped",
        arguments: [[5, 6], [4, 6], [4, 5, 7], [4, 4], [4, 6, 5], [.max]] as [[Int64]])
    func gap(numbers: [Int64]) async throws {
        #expect(try await replay(MemoryStore(rows: rows(1...3))) == 3)
        let store = MemoryStore(rows: rows(numbers))
        let error = await #expect(throws: LogError.self) { try await replay(store) }
        #expect(error?.code == .historyMismatch)
        #expect(error?.message.contains("hub.db") == true)
        #expect(store.numbers == numbers)
        #expect(store.drops.isEmpty)
        #expect(try logged() == [1, 2, 3])
    }

    @Test("A new log under an old database is refused: the entries before are missing from both")
    func newLog() async throws {
        await #expect(throws: LogError.self) { try await replay(MemoryStore(rows: rows(2...3))) }
        #expect(try logged().isEmpty)
    }

    @Test("Rows that left the outbox and are not in the log are missed, and nothing is appended")
    func lostEnd()
        async throws
    {
        #expect(try await replay(MemoryStore(rows: rows(1...3))) == 3)
        let store = MemoryStore(newest: 4)
        let error = await #expect(throws: LogError.self) { try await replay(store) }
        #expect(error?.code == .historyMismatch)
        #expect(error?.message.contains("sluis log succeed") == true)
        #expect(try logged() == [1, 2, 3])
    }

    @Test("How far the log goes is remembered before rows are dropped, and at the end") func remembered()
        async throws
    {
        let log = try directory.open()
        let store = MemoryStore()
        let outbox = Outbox(log: log, store: store)
        _ = try await outbox.replay()
        try outbox.rememberHead()
        #expect(store.head == nil, "an empty log has nothing to remember")
        store.commit(2, text: "two", deliver: outbox.deliver)
        _ = try await outbox.index(of: 2)
        for _ in 0..<1000 where store.drops != [0, 2] { try await Task.sleep(for: .milliseconds(10)) }
        func size() throws -> UInt64 {
            try Checkpoint(body: Note(Array(#require(store.head).utf8)).text).size
        }
        #expect(try size() == 2)
        try await log.appendAll(entries(0..<5))
        try outbox.rememberHead()
        #expect(try size() == 7)
        _ = try await log.append(entry("last"))
        log.close()
        try outbox.close()
        #expect(try size() == 8)
    }

    @Test("A store that fails at replay leaves all as it was; the next start finds it") func failingStore()
        async throws
    {
        let store = MemoryStore(rows: rows(1...4))
        store.setFailing(true)
        await #expect(throws: MemoryStore.Failure.self) { try await replay(store) }
        #expect(try logged().isEmpty)
        store.setFailing(false)
        #expect(try await replay(store) == 4)
        #expect(try logged() == [1, 2, 3, 4])
    }

    @Test("Delivered rows go in by number, and each caller gets the index of his, asked before or after")
    func deliver() async throws {
        let log = try directory.open()
        let store = MemoryStore()
        let outbox = Outbox(log: log, store: store)
        #expect(try await outbox.replay() == 0)
        let early = Task { try await outbox.index(of: 1) }
        try await Task.sleep(for: .milliseconds(20))
        store.commit(1, text: "early", deliver: outbox.deliver)
        #expect(try await early.value == 0)
        store.commit(3, text: "late", deliver: outbox.deliver)
        #expect(try await log.append(entry("decision")) == 4)
        #expect(try await outbox.index(of: 4) == 3)
        #expect(try await outbox.index(of: 2) == 1)
        #expect(try await outbox.index(of: 3) == 2)
        log.close()
        try outbox.close()
        #expect(store.numbers.isEmpty)
        #expect(try logged() == [1, 2, 3, 4])
    }

    @Test("Many writers: numbers ascend in the log, and every index is that of the caller's entry")
    func writers() async throws {
        let log = try directory.open()
        let store = MemoryStore()
        let outbox = Outbox(log: log, store: store)
        let placed = await withTaskGroup(of: [Int64: UInt64].self) { group in
            for caller in 0..<16 {
                group.addTask {
                    var own: [Int64: UInt64] = [:]
                    for step in 0..<40 {
                        var numbers: [Int64] = []
                        store.commit(1 + (caller + step) % 3, text: "\(caller)") { rows in
                            numbers = rows.map(\.number)
                            outbox.deliver(rows)
                        }
                        for number in numbers { own[number] = try? await outbox.index(of: number) }
                        if step % 5 == 0 { _ = try? await log.append(entry("decision")) }
                    }
                    return own
                }
            }
            return await group.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
        }
        log.close()
        try outbox.close()
        #expect(try logged() == Array(1...store.newest))
        #expect(placed.count == Int(store.newest))
        let size = try #require(try directory.publishedCheckpoint()).size
        let found = try directory.publishedEntries(size)
        #expect(placed.allSatisfy { EntryStamp(found[Int($0.value)]).number == $0.key })
        #expect(try directory.verdict(checksEntries: true).isVerified)
    }

    @Test("An index that was given, or is of a replayed row, is not waited for") func forgotten() async throws
    {
        let log = try directory.open()
        let store = MemoryStore(rows: rows(1...2))
        let outbox = Outbox(log: log, store: store)
        #expect(try await outbox.replay() == 2)
        store.commit(1, text: "one", deliver: outbox.deliver)
        #expect(try await outbox.index(of: 3) == 2)
        for number in [1, 2, 3] as [Int64] {
            let fault = await #expect(throws: RetryableFault.self) { try await outbox.index(of: number) }
            #expect(fault?.code == "entry_forgotten")
        }
        log.close()
    }

    @Test("Rows are dropped only when the journal holds them, and soon") func dropsAreDurable() async throws {
        let journal = directory.path + "/journal"
        let log = try directory.open()
        let store = MemoryStore { number in
            var newest: Int64 = 0
            _ = try JournalReplay(folder: journal, from: 0) { _, entry, _ in
                newest = max(newest, EntryStamp(entry).number ?? 0)
            }
            if newest < number { throw MemoryStore.Failure() }
        }
        let outbox = Outbox(log: log, store: store)
        for round in 0..<12 {
            store.commit(20, text: "\(round)", deliver: outbox.deliver)
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(store.drops.count >= 2)
        #expect(store.drops == store.drops.sorted())
        log.close()
        try outbox.close()
        #expect(store.numbers.isEmpty)
        #expect(store.drops.last == 240)
    }

    @Test("A store that cannot drop keeps its rows; nothing is doubled by that") func failingDrop()
        async throws
    {
        let log = try directory.open()
        let store = MemoryStore()
        let outbox = Outbox(log: log, store: store)
        store.setFailing(true)
        store.commit(5, text: "kept", deliver: outbox.deliver)
        #expect(try await outbox.index(of: 5) == 4)
        log.close()
        #expect(throws: MemoryStore.Failure.self) { try outbox.close() }
        store.setFailing(false)
        #expect(store.numbers == [1, 2, 3, 4, 5])
        #expect(try await replay(store) == 0)
        #expect(store.numbers.isEmpty)
        #expect(try logged() == [1, 2, 3, 4, 5])
    }

    @Test("When the log stops, all who wait are told, rows stay, and go first at the next start")
    func stopped() async throws {
        let log = try directory.open()
        let store = MemoryStore()
        let outbox = Outbox(log: log, store: store)
        store.commit(3, text: "in", deliver: outbox.deliver)
        #expect(try await outbox.index(of: 3) == 2)
        let waiting = (4...6).map { number in Task { try await outbox.index(of: number) } }
        try await Task.sleep(for: .milliseconds(20))
        log.close()
        store.commit(4, text: "out", deliver: outbox.deliver)
        for task in waiting {
            #expect(
                await #expect(throws: RetryableFault.self) { try await task.value }?.code == "log_unavailable"
            )
        }
        let late = await #expect(throws: RetryableFault.self) { try await outbox.index(of: 7) }
        #expect(late?.code == "log_unavailable")
        try outbox.close()
        #expect(store.numbers == [4, 5, 6, 7])
        #expect(try await replay(store) == 4)
        #expect(try logged() == Array(1...7))
    }

    @Test("200 kills: every committed row is in the log once, none twice, in order") func kills() async throws
    {
        var generator = SeededGenerator.announced("200 kills of hub and outbox")
        var (current, store) = (directory, MemoryStore())
        for life in 0..<200 {
            let log = try current.open()
            let outbox = Outbox(log: log, store: store)
            if generator.chance(10) { store.setFailing(true) }
            var isUp = true
            do { _ = try await outbox.replay() } catch {
                #expect(error is MemoryStore.Failure)
                isUp = false
            }
            store.setFailing(false)
            // A hub whose replay failed does not start, so it commits nothing either.
            for _ in 0..<Int.random(in: 0...4, using: &generator) where isUp {
                store.commit(
                    Int.random(in: 1...6, using: &generator), text: "\(life)", deliver: outbox.deliver)
                if generator.chance(30) {
                    try await log.appendAll(entries(0..<Int.random(in: 1...90, using: &generator)))
                }
                if generator.chance(30) { _ = try? await outbox.index(of: store.newest) }
            }
            if generator.chance(10) {
                log.close()
                if generator.chance(50) { try outbox.close() }
            }
            let next = try DataDirectory(signer: current.signer)
            let disk = try store.frozen {
                let names = ["journal/synced", "log/checkpoint"] + (try current.files(in: "log/tile"))
                try current.copy(names + ["journal/00000000000000000000.journal"], to: next)
            }
            log.close()
            (current, store) = (next, MemoryStore(rows: disk.rows, newest: disk.newest))
        }
        let log = try current.open()
        _ = try await Outbox(log: log, store: store).replay()
        log.close()
        let found = try current.publishedEntries(log.publishedCheckpoint.size).compactMap {
            EntryStamp($0).number
        }
        #expect(store.newest > 200)
        #expect(found == Array(1...store.newest))
        #expect(store.numbers.isEmpty)
        #expect(try current.verdict(checksEntries: true).isVerified)
    }
}
