import Foundation
import GRDB
import Model
import Synchronization
import Testing

@testable import Registry

@Suite("Transactions and the outbox") struct TransactionTests {
    @Test("The log's newest checkpoint is remembered, one at a time, until it is forgotten") func head()
        throws
    {
        let story = try Story()
        let origin = "hub/log"
        #expect(try story.registry.rememberedHead(of: origin) == nil)
        for head in ["hub/log\n1\n", "hub/log\n2\n"] {
            try story.registry.remember(head: head)
            #expect(try story.registry.rememberedHead(of: origin) == head)
        }
        for other in ["hub/log-2", "hub"] {
            #expect(try story.registry.rememberedHead(of: other) == nil, "\(other)")
        }
        try story.registry.close()
        let again = try Registry(path: story.path, sealer: sealer)
        #expect(try again.rememberedHead(of: origin) == "hub/log\n2\n")
        try again.forgetHead()
        #expect(try again.rememberedHead(of: origin) == nil)
    }

    @Test("Rows are delivered after each commit, with the entry that was stored") func delivery() throws {
        let story = try Story()
        let deliveries = Deliveries(from: story.registry)
        try story.registry.write(at: noon) { registry throws in
            #expect(try registry.record(event("a")) == 1)
            #expect(try registry.record(event("b")) == 2)
            #expect(deliveries.commits.isEmpty)
        }
        #expect(deliveries.commits.map { $0.map(\.number) } == [[1, 2]])
        #expect(try story.registry.pendingRows() == deliveries.commits[0])
        let entry = try JSON.parse(deliveries.commits[0][1].entry)
        #expect(entry["seq"] == 2)
        #expect(entry["text"] == "b")
        #expect(entry["at"]?.string == noon.description)
    }

    @Test("A transaction that records nothing delivers nothing") func silentTransaction() throws {
        let story = try Story()
        let deliveries = Deliveries(from: story.registry)
        try story.publish()
        #expect(deliveries.commits.isEmpty)
    }

    @Test("An error in the body undoes everything, burns no number and passes unchanged") func rollback()
        throws
    {
        let story = try Story()
        let deliveries = Deliveries(from: story.registry)
        let someone = AuditEvent(.personAdded, by: .hub, persons: ["person": identifier(1)])
        #expect(throws: Mishap()) {
            try story.registry.write(at: noon) { registry in
                try registry.insert(Organisation(id: slug("ghost"), name: "G", roles: [.owner]))
                #expect(try registry.record(someone) == 1)
                throw Mishap()
            }
        }
        let fault = ClientFault(.forbidden, "not_yours", "no", field: "grant")
        #expect(throws: fault) {
            try story.registry.write(at: noon) { registry in
                try registry.record(event())
                throw fault
            }
        }
        #expect(deliveries.commits.isEmpty)
        #expect(try story.registry.pendingRows().isEmpty)
        #expect(try story.registry.read { try $0.organisation(slug("ghost")) } == nil)
        #expect(try story.registry.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM salts") } == 0)
        #expect(try story.registry.write(at: noon) { try $0.record(event()) } == 1)
    }

    @Test("A body that hides the failure of a change is not committed") func hiddenFailure() throws {
        let story = try Story()
        let deliveries = Deliveries(from: story.registry)
        #expect(throws: ClientFault(.conflict, "organisation_exists", "", field: "organisation")) {
            try story.registry.write(at: noon) { registry in
                try registry.record(event())
                try? registry.insert(Organisation(id: story.airport, name: "Twice", roles: []))
            }
        }
        #expect(deliveries.commits.isEmpty)
        #expect(try story.registry.pendingRows().isEmpty)
    }

    @Test("Eight writers at once: delivery is in order of number, without gaps, across drops and reopening")
    func concurrentWriters() async throws {
        let story = try Story()
        var expected: Int64 = 0
        for round in 1...3 {
            let registry = try Registry(path: story.path, sealer: sealer, mustExist: true)
            let deliveries = Deliveries(from: registry)
            let written = try await recordFromEightTasks(registry)
            #expect(deliveries.numbers == Array(expected + 1...expected + Int64(written)))
            #expect(deliveries.commits.allSatisfy { !$0.isEmpty })
            #expect(try registry.pendingRows().map(\.number) == deliveries.numbers)
            expected += Int64(written)
            // All gone, or all but the newest: the next number is the same.
            try registry.dropRows(through: round == 2 ? expected : expected - 1)
            #expect(try registry.pendingRows().map(\.number) == (round == 2 ? [] : [expected]))
            try registry.dropRows(through: expected)
            try registry.close()
        }
    }

    /// Each task records one to three entries a transaction; every fifth is undone. Returns what remains.
    private func recordFromEightTasks(_ registry: Registry) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var written = 0
                    for turn in 0..<25 {
                        let count = 1 + (task + turn) % 3
                        let undone = turn % 5 == 4
                        do {
                            try registry.write(at: noon) { registry in
                                for _ in 0..<count { try registry.record(event("\(task)/\(turn)")) }
                                if undone { throw Mishap() }
                            }
                            written += count
                        } catch is Mishap {}
                    }
                    return written
                }
            }
            return try await group.reduce(0, +)
        }
    }

    @Test("A reader sees one state, whatever is written meanwhile") func isolation() throws {
        let story = try Story()
        try story.registry.read { reader throws in
            #expect(try reader.newestNumber() == 0)
            let done = DispatchSemaphore(value: 0)
            DispatchQueue.global().async {
                _ = try? story.registry.write(at: noon) { try $0.record(event()) }
                done.signal()
            }
            done.wait()
            #expect(try reader.newestNumber() == 0)
        }
        #expect(try story.registry.read { try $0.newestNumber() } == 1)
    }

    @Test("Salts open the commitments of the entry they belong to") func salts() throws {
        let story = try Story()
        let deliveries = Deliveries(from: story.registry)
        let owner: PersonID = identifier(1)
        try story.registry.write(at: noon) { registry in
            try registry.record(event(by: .person(owner), persons: ["subject": identifier(2)]))
            try registry.record(event(by: .person(owner)))
        }
        let entries = try deliveries.commits[0].map { try JSON.parse($0.entry) }
        let nonces = try entries.map { try #require($0["nonce"]?.string.flatMap { Base64.decodeURL($0) }) }
        try story.registry.read { registry in
            let first = try registry.salts(ofEntry: nonces[0])
            #expect(Set(first.keys) == [owner, identifier(2)])
            let second = try registry.salts(ofEntry: nonces[1])
            #expect(Set(second.keys) == [owner])
            #expect(first[owner]?.count == 32)
            #expect(first[owner] != second[owner])
            // The digest of these tests is the salt itself.
            #expect(entries[0]["actor"]?["person"]?.string == first[owner].map { Base64.encodeURL($0) })
            #expect(try registry.salts(ofEntry: [UInt8](repeating: 9, count: 16)).isEmpty)
        }
        for entry in deliveries.commits[0].map(\.entry) {
            #expect(!String(decoding: entry, as: UTF8.self).contains(owner.description))
        }
        try story.registry.write(at: noon) { try $0.forgetSalts(ofEntries: [nonces[0]]) }
        let left = try story.registry.read { registry in
            try nonces.map { try registry.salts(ofEntry: $0).count }
        }
        #expect(left == [0, 1])
    }

    @Test("An entry that no bundle of the log can hold is refused") func largestEntry() throws {
        let story = try Story()
        let size = { (text: String) in sealer.seal(event(text), at: noon, number: 1).bytes.count }
        let room = 65_535 - size("")
        #expect(throws: ClientFault(.tooLarge, "entry_too_large", "")) {
            try story.registry.write(at: noon) { registry in
                try registry.record(event(String(repeating: "x", count: room + 1)))
            }
        }
        let number = try story.registry.write(at: noon) { registry in
            try registry.record(event(String(repeating: "x", count: room)))
        }
        #expect(number == 1)
    }
}
