import Cryptography
import Dispatch
import Foundation
import MerkleLog
import Model
import Synchronization
import Testing

@testable import AuditLog
import TestSupport

@Suite("Appending", .timeLimit(.minutes(20))) struct AppendTests {
    let directory: DataDirectory
    init() throws { directory = try DataDirectory() }

    @Test("An empty log is a log: a checkpoint of size 0 that verifies") func empty() throws {
        let log = try directory.open()
        #expect(log.publishedCheckpoint.size == 0)
        #expect(log.lastNumberAtOpening == 0)
        #expect(log.newestTimeAtOpening == Instant(milliseconds: 0))
        #expect(log.failure == nil)
        try log.requireWritable()
        log.close()
        try directory.expectPublished([])
    }

    @Test("Each entry has the next index and is still there after each new start") func durable() async throws
    {
        var all: [[UInt8]] = []
        for round in 0..<12 {
            let log = try directory.open()
            #expect(log.publishedCheckpoint.size == UInt64(all.count))
            for _ in 0..<[1, 3, 300][round % 3] {
                let entry = entry("\(all.count)")
                #expect(try await log.append(entry) == UInt64(all.count))
                all.append(entry)
            }
            log.close()
            try directory.expectPublished(all)
        }
    }

    @Test("What is answered is durable before it is published") func answeredIsInTheJournal() async throws {
        let log = try directory.open()
        for number in 0..<50 {
            let entry = entry("\(number)")
            #expect(try await log.append(entry) == UInt64(number))
            var newest: [UInt8] = []
            let replay = try JournalReplay(folder: directory.path + "/journal", from: 0) { _, entry, _ in
                newest = entry
            }
            #expect(replay.size == UInt64(number) + 1)
            #expect(newest == entry)
        }
        log.close()
    }

    @Test("64 callers, 200 entries each: every index once, every entry at its index, proofs verify")
    func groupCommit() async throws {
        // On a disk, where a commit takes its time and others queue.
        let directory = try DataDirectory(in: NSTemporaryDirectory())
        let log = try directory.open()
        let placed = await withTaskGroup(of: [(UInt64, [UInt8])].self) { group in
            for caller in 0..<64 {
                group.addTask {
                    var own: [(UInt64, [UInt8])] = []
                    for number in 0..<200 {
                        let entry = entry("\(caller)/\(number)")
                        guard let index = try? await log.append(entry) else { return own }
                        own.append((index, entry))
                    }
                    return own
                }
            }
            return await group.reduce(into: [(UInt64, [UInt8])]()) { all, own in
                #expect(own.map(\.0) == own.map(\.0).sorted(), "a caller's entries are in his order")
                all += own
            }
        }
        #expect(placed.count == 12_800)
        #expect(placed.map(\.0).sorted() == Array(0..<12_800))
        let ordered = placed.sorted { $0.0 < $1.0 }.map(\.1)
        let published = try await log.published(covering: 12_799)
        #expect(published.size == 12_800)
        try directory.expectPublished(ordered)
        try expectProofs(log, of: ordered, indexes: stride(from: 0, to: 12_800, by: 31))
        try expectProofs(log, of: ordered, indexes: 12_500..<12_800)
        log.close()
    }

    private func expectProofs(_ log: AuditLog, of entries: [[UInt8]], indexes: some Sequence<Int>) throws {
        let root = naiveRoot(entries[...])
        for index in indexes {
            let proof = try log.proof(of: UInt64(index))
            try InclusionProof.verify(
                proof.hashes, leaf: MerkleTree.leafHash(entries[index]), index: UInt64(index),
                size: UInt64(entries.count), root: root)
        }
    }

    @Test("A proof as a file convinces someone who has nothing but the log's key") func proofFile()
        async throws
    {
        let log = try directory.open()
        let all = entries(0..<700)
        try await log.appendAll(all)
        _ = try await log.published(covering: 699)
        let verifier = try NoteVerifier(vkey: directory.signer.vkey)
        for index in 0..<700 {
            let proof = try TlogProof(Array(log.proof(of: UInt64(index)).text.utf8))
            #expect(proof.index == UInt64(index))
            #expect(try proof.verify(entry: all[index], log: verifier).size == 700)
            #expect(throws: ProofError.self) { try proof.verify(entry: all[index] + [0], log: verifier) }
            #expect(throws: ProofError.self) { try proof.verify(entry: all[index ^ 1], log: verifier) }
        }
        #expect(throws: ProofError(.outOfRange, "")) { try log.proof(of: 700) }
        #expect(throws: ProofError(.outOfRange, "")) { try log.proof(of: .max) }
        log.close()
    }

    @Test("A bare proof leads to the root of any tree the log ever had") func earlierTrees() async throws {
        let log = try directory.open()
        let all = entries(0..<600)
        try await log.appendAll(all)
        _ = try await log.published(covering: 599)
        #expect(log.size == 600)
        for size in [1, 2, 3, 255, 256, 257, 511, 512, 513, 599, 600] {
            let root = naiveRoot(all[..<size])
            for index in Set([0, size / 2, size - 1]) {
                let proof = try log.inclusion(of: UInt64(index), size: UInt64(size))
                #expect(proof.root == root)
                try InclusionProof.verify(
                    proof.hashes, leaf: MerkleTree.leafHash(all[index]), index: UInt64(index),
                    size: UInt64(size), root: root)
            }
        }
        for (index, size) in [(0, 0), (600, 600), (0, 601), (5, 5), (0, .max), (.max, .max)]
            as [(UInt64, UInt64)]
        {
            #expect(throws: ProofError(.outOfRange, "")) { try log.inclusion(of: index, size: size) }
        }
        log.close()
    }

    @Test("A side file is its owner's alone, replaced whole, and outside the log") func sideFile() throws {
        let log = try directory.open()
        for owners in [["a", "b"], [], ["c"]] {
            let file = SideFile(owners.map { ["owner": .string($0)] }, random: SecureRandom.bytes)
            try log.write(file, stream: "q83vEjRW")
            #expect(try directory.bytes(directory.path + "/side/q83vEjRW") == file.bytes)
        }
        #expect(try directory.files(in: "side") == ["side/q83vEjRW"])
        let modes = try ["/side", "/side/q83vEjRW"].map {
            try FileManager.default.attributesOfItem(atPath: directory.path + $0)[.posixPermissions] as? Int
        }
        #expect(modes == [0o700, 0o600])
        for _ in 0..<2 { log.removeSideFile(stream: "q83vEjRW") }
        #expect(try directory.files(in: "side") == [])
        log.close()
        #expect(try directory.verdict().isVerified)
    }

    @Test("Entries of no byte and of 65,535 bytes are entries; any bytes are") func sizes() async throws {
        var generator = SeededGenerator.announced("sizes")
        let all = [0, 65_535, 1, 65_534, 0, 256].map { generator.bytes($0) } + entries(0..<2)
        var log = try directory.open()
        #expect(try await log.appendAll(all) == Array(0..<8))
        log.close()
        try directory.expectPublished(all)
        log = try directory.open()
        #expect(try await log.append([]) == 8)
        log.close()
        try directory.expectPublished(all + [[]])
    }

    @Test("A full queue refuses decisions at once, never rows of the outbox, and recovers") func busy()
        async throws
    {
        let log = try directory.open()
        let gate = DispatchSemaphore(value: 0)
        let isStopped = Mutex(false)
        // Stands for a disk that does not answer: the log's queue stops here.
        log.append(entry("first")) { _ in
            isStopped.withLock { $0 = true }
            gate.wait()
        }
        while !isStopped.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
        let large = Array("{\"seq\":1,".utf8) + [UInt8](repeating: 0, count: 65_526)
        let answers = Mutex<[Result<UInt64, RetryableFault>]>([])
        let note: AuditLog.Completion = { answer in answers.withLock { $0.append(answer) } }
        for _ in 0..<1100 { log.append(large, completion: note) }
        let refused = answers.withLock { $0 }
        // 64 MiB and the one entry that goes beyond are queued.
        #expect(refused.count == 1100 - 1025)
        #expect(
            refused.allSatisfy {
                if case .failure(let fault) = $0 { fault.code == "log_busy" } else { false }
            })
        log.append(entry("row"), isRefusable: false, completion: note)
        #expect(answers.withLock { $0.count } == refused.count)
        gate.signal()
        while answers.withLock({ $0.count }) < 1101 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try await log.append(entry("last")) == UInt64(1100 - refused.count + 2))
        log.close()
        #expect(try directory.verdict().isVerified)
    }

    @Test("A journal goes on in a new segment when one is full, and both are read back") func segments()
        throws
    {
        let folder = directory.path + "/journal"
        let large = (0..<4).map { [UInt8](repeating: UInt8($0), count: 65_535) }
        var journal = try Journal(
            continuing: JournalReplay(folder: folder, from: 0) { _, _, _ in }, in: SystemFiles())
        for frame in 0..<9 {
            _ = try journal.append((0..<129).map { NewEntry(large[(frame * 129 + $0) % 4]) })
        }
        #expect(try SystemFiles().list(folder).count == 2)
        var count: UInt64 = 0
        let replay = try JournalReplay(folder: folder, from: 0) { index, entry, _ throws(LogError) in
            if index != count || entry != large[Int(index % 4)] {
                throw LogError(.journalDamaged, "\(index)")
            }
            count += 1
        }
        #expect(count == 9 * 129)
        #expect(replay.size == count)
        #expect(replay.lastSegment > 1000)
        var tail: [UInt64] = []
        _ = try JournalReplay(folder: folder, from: count - 2) { index, _, _ in tail.append(index) }
        #expect(tail == [count - 2, count - 1])
    }
}
