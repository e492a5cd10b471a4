import Foundation
import MerkleLog
import Model
import Testing

@testable import AuditLog
import TestSupport

@Suite("Pruning a running log", .timeLimit(.minutes(20))) struct PruningTests {
    private let prunable = DataDirectory.prunable

    /// What must hold of a log that lacks its first entries, also before what is left of them is removed.
    private func expectPruned(_ log: AuditLog, _ directory: DataDirectory, below minimum: UInt64 = 512) throws
    {
        #expect(log.minimumIndex == minimum && log.failure == nil)
        let key = try NoteVerifier(vkey: directory.signer.vkey)
        for index in [0, minimum - 1] {
            #expect(code { try log.entry(at: index) } == .prunedEntries)
            #expect(code { try log.proof(of: index) } == .prunedEntries)
        }
        #expect(code { try log.root(ofFirst: minimum - 256) } == .prunedEntries)
        for index in Int(minimum)..<prunable.count {
            #expect(try log.entry(at: UInt64(index)) == prunable[index])
            _ = try log.proof(of: UInt64(index)).verify(entry: prunable[index], log: key)
        }
        #expect(try log.root(ofFirst: minimum) == naiveRoot(prunable[..<Int(minimum)]))
    }

    private func code(_ body: () throws -> some Any) -> LogError.Code? {
        do {
            _ = try body()
            return nil
        } catch {
            return (error as? LogError)?.code
        }
    }

    private func outcome(_ directory: DataDirectory) async throws -> LogVerifier.Outcome {
        let files = try LogDirectory(directory.path + "/log")
        return await LogVerifier(files: files, log: try NoteVerifier(vkey: directory.signer.vkey))
            .verify(workers: 1)
    }

    @Test("What lies below goes, all else stays, and a restart knows it") func prune() async throws {
        let directory = try await DataDirectory.beforePruning()
        var log = try directory.open()
        let before = Set(try directory.files(in: "log/tile"))
        try await log.prune(statedBy: 700)
        try expectPruned(log, directory)
        let removed = before.subtracting(try directory.files(in: "log/tile"))
        #expect(
            removed == [
                "log/tile/0/000", "log/tile/0/001", "log/tile/entries/000", "log/tile/entries/001",
            ])
        let folder = directory.path + "/journal"
        #expect(
            try directory.segments.map { directory.path + $0 } == [512, 700].map { Journal.path(folder, $0) })
        log.close()
        for losesSynced in [false, true] {
            if losesSynced { try directory.remove(directory.synced) }
            log = try directory.open()
            try expectPruned(log, directory)
            #expect(log.size == 721 && log.lastNumberAtOpening == 9 && log.newestTimeAtOpening == noon)
            log.close()
            let outcome = try await outcome(directory)
            #expect(outcome.verdict.verifiedRoot == naiveRoot(prunable[...]), "\(outcome.verdict)")
            #expect(outcome.minimumIndex == 512 && outcome.prunedBy == 700)
        }
    }

    @Test("Without its base or a segment that it needs a pruned log does not open") func losses() async throws
    {
        let origin = try await DataDirectory.beforePruning()
        let log = try origin.open()
        try await log.prune(statedBy: 700)
        log.close()
        for lost in ["/journal/base", "\(try #require(try origin.segments.first))"] {
            let directory = try origin.copied()
            try directory.remove(directory.synced)
            try directory.remove(directory.path + lost)
            let error = #expect(throws: LogError.self) { try directory.open() }
            #expect(error?.code == .historyMismatch, "\(lost): \(error?.message ?? "")")
            #expect(error?.message.contains("put all of the journal of this log back") == true)
        }
        let directory = try origin.copied()
        try directory.write([0x7B], to: directory.path + "/journal/base")
        #expect(code { try directory.open() } == .historyMismatch)
    }

    @Test("Only what a published entry states, with the right root, is pruned") func unstated() async throws {
        let directory = try await DataDirectory.beforePruning()
        let log = try directory.open()
        let files = try directory.files(in: "log") + directory.files(in: "journal")
        let wrong = DataDirectory.statement(512, of: prunable, root: MerkleTree.emptyRoot)
        let false1 = try await log.append(wrong)
        _ = try await log.published(covering: false1)
        for index in [699, 701, false1, 9999] {
            let error = await #expect(throws: LogError.self) { try await log.prune(statedBy: index) }
            #expect(error?.code == .unstatedPruning, "\(index)")
        }
        #expect(log.minimumIndex == 0)
        log.close()
        #expect(Set(files).isSubset(of: try directory.files(in: "log") + directory.files(in: "journal")))
    }

    @Test("Any call of a pruning fails or is the last one", arguments: FaultyFiles.Fault.allCases)
    func faults(_ fault: FaultyFiles.Fault) async throws {
        let origin = try await DataDirectory.beforePruning()
        var (number, hits) = (0, 0)
        while true {
            let directory = try origin.copied()
            let system = FaultyFiles(fault, atCall: number)
            number += 1
            guard let log = try? directory.open(in: system) else { continue }
            let isBefore = system.hit != nil
            try? await log.prune(statedBy: 700)
            log.close()
            guard let hit = system.hit else { break }
            system.end()
            if isBefore { continue }
            hits += 1
            try await expectSound(directory, "\(fault) at call \(number - 1), \(hit)")
        }
        #expect(hits > 30)
        print("pruning, \(fault): \(hits) calls")
    }

    /// As it lies there it verifies; opened again it goes on, and the pruning can be finished.
    private func expectSound(_ directory: DataDirectory, _ what: String) async throws {
        let left = try await outcome(directory)
        #expect(left.verdict.verifiedRoot == naiveRoot(prunable[...]), "\(what): \(left.verdict)")
        let copy = try directory.copied()
        if (try? copy.bytes(copy.synced)) != nil { try copy.remove(copy.synced) }
        for directory in [directory, copy] {
            let log = try directory.open()
            #expect(log.size == 721 && [0, 512].contains(log.minimumIndex), "\(what)")
            try await log.finishPruning()
            try await log.prune(statedBy: 700)
            try expectPruned(log, directory)
            log.close()
            let after = try await outcome(directory)
            #expect(after.verdict.isVerified && after.minimumIndex == 512, "\(what): \(after.verdict)")
            #expect(try directory.segments.count == 2, "\(what)")
        }
    }

    @Test("Entries are appended and published meanwhile, and pruned again later") func again() async throws {
        let directory = try await DataDirectory.beforePruning()
        let log = try directory.open()
        async let pruning: Void = log.prune(statedBy: 700)
        var all = prunable
        for round in 0..<8 {
            let batch = (0..<200).map { entry("round \(round), \($0)") }
            try await log.appendAll(batch)
            all += batch
        }
        try await pruning
        for count in [1024, 1792] {
            all.append(DataDirectory.statement(count, of: all))
            let index = try await log.append(all[all.count - 1])
            _ = try await log.published(covering: index)
            try await log.prune(statedBy: index)
            #expect(log.minimumIndex == UInt64(count))
            // An older statement takes nothing back.
            try? await log.prune(statedBy: 700)
            #expect(log.minimumIndex == UInt64(count))
        }
        log.close()
        try directory.remove(directory.synced)
        let later = try directory.open()
        #expect(later.minimumIndex == 1792 && later.size == UInt64(all.count))
        later.close()
        let outcome = try await outcome(directory)
        #expect(outcome.verdict.verifiedRoot == naiveRoot(all[...]) && outcome.minimumIndex == 1792)
    }

    @Test("An age tells a minimum index, to be safe the lower one") func ages() async throws {
        let directory = try DataDirectory()
        let log = try directory.open()
        func time(_ index: Int) -> Instant { Instant(milliseconds: noon.milliseconds + Int64(index) * 1000) }
        // One entry of bundle 5 is of far later, as no hub would write it.
        try await log.appendAll(
            (0..<2000).map { entry("\($0)", at: time($0 == 5 * 256 + 3 ? 1_000_000 : $0)) })
        _ = try await log.published(covering: 1999)
        for index in stride(from: 0, through: 2000, by: 37) {
            let expected = UInt64(min(index & ~255, 5 * 256))
            #expect(try log.minimumIndex(before: time(index)) == expected, "\(index)")
        }
        #expect(try log.minimumIndex(before: time(2_000_000)) == 1792)
        log.close()
    }

    @Test("What the registry lacks is found unless it was pruned") func numbers() async throws {
        let directory = try await DataDirectory.beforePruning()
        let log = try directory.open()
        try await log.prune(statedBy: 700)
        #expect(code { try log.entries(numberedAfter: 8) } == .prunedEntries)
        #expect(try log.entries(numberedAfter: 9).isEmpty)
        let more = [entry("ten", number: 10), entry("eleven", number: 11)]
        _ = try await log.published(covering: try await log.appendAll(more)[1])
        #expect(try log.entries(numberedAfter: 9) == more)
        #expect(try log.entries(numberedAfter: 10) == [more[1]])
        #expect(code { try log.entries(numberedAfter: 7) } == .prunedEntries)
        log.close()
    }

    @Test("An index that is built anew begins at the minimum index") func index() async throws {
        let directory = try await DataDirectory.beforePruning()
        let log = try directory.open()
        try await log.prune(statedBy: 700)
        let index = CountingIndex()
        // It stopped at 300 before the log was pruned.
        try index.reset(for: log.vkey)
        try index.add(
            IndexBatch(
                log: log.vkey, range: 0..<300, entries: [], root: naiveRoot(prunable[..<300]).bytes))
        let indexer = Indexer(log: log, index: index) { _ in }
        try await indexer.indexed(to: 721)
        #expect(index.indexes == Array(512..<721))
        try await indexer.rebuild { _ in }
        #expect(index.indexes == Array(512..<721))
        indexer.close()
        log.close()
    }
}

extension LogVerdict {
    fileprivate var verifiedRoot: TreeHash? { if case .verified(_, let root, _) = self { root } else { nil } }
}
