import Foundation
import Model
import TestSupport
import Testing

@testable import DataPlane

@Suite("Release history") struct ReleaseHistoryTests {
    private let hub: Hub
    private let version: StoredVersion

    init() throws {
        hub = try Hub()
        version = try hub.publish("owner,v,w\n" + (0..<6_000).map { "\($0),1,2\n" }.joined())
    }

    private func history(_ filter: OwnerFilter) throws -> ReleaseHistory {
        try #require(ReleaseHistory(of: version, from: filter.snapshot(), random: [UInt8](0..<48)))
    }

    private func file(_ name: String = "a") -> ReleaseFile {
        ReleaseFile(in: "\(hub.directory)/\(hub.dataset)", name: name, disk: Disk())
    }

    /// Changes some owners' grants, and notes it.
    private func change(
        _ filter: OwnerFilter, _ history: inout ReleaseHistory, _ count: Int, _ random: inout SeededGenerator
    ) throws {
        for _ in 0..<count {
            let ordinal = UInt32.random(in: 0..<6_000, using: &random)
            let before = filter.fields(of: ordinal)
            let after = FieldSet((0..<3).filter { _ in random.chance(40) })
            guard before != after else { continue }
            try filter.grant(ordinal, fields: after)
            let isNoted = history.note(ReleaseChange(ordinal: ordinal, before: before, after: after))
            #expect(isNoted)
        }
    }

    @Test("What is loaded is what was saved, however often and however much was added")
    func roundTrips() throws {
        var random = SeededGenerator.announced("release file")
        let filter = OwnerFilter(version: version)
        var history = try history(filter)
        var file = file()
        for step in 0..<40 {
            try change(filter, &history, random.chance(10) ? 4_000 : 30, &random)
            if random.chance(20) {
                history.noteDeparture(of: UInt32(step), .init(key: "k\(step)", at: Instant(milliseconds: 7)))
            }
            if random.chance(10) { history.trim(owners: 0) }
            try file.save(.init(history: history, released: filter.snapshot()))
            if random.chance(30) { file = self.file() }
            let loaded = try #require(file.load(for: version.identity))
            #expect(loaded.released.changes(since: filter.snapshot()).isEmpty, "\(replay)")
            #expect(loaded.history.next == history.next && loaded.history.id == history.id)
            #expect(loaded.history.departed.isEmpty && loaded.history.key == history.key)
            let first = max(loaded.history.first, history.first)
            #expect(
                loaded.history.changes(from: first, to: first)?.mapValues(\.first)
                    == history.changes(from: first, to: first)?.mapValues(\.first), "\(replay)")
        }
    }

    @Test("A damaged file says nothing")
    func damage() throws {
        var random = SeededGenerator.announced("damaged release file")
        let filter = OwnerFilter(version: version)
        var history = try history(filter)
        let file = file()
        var saved: [Int: OwnerFilterSnapshot] = [:]
        for _ in 0..<6 {
            try change(filter, &history, 20, &random)
            try file.save(.init(history: history, released: filter.snapshot()))
            saved[history.next] = filter.snapshot()
        }
        let path = "\(hub.directory)/\(hub.dataset)/\(ReleaseFile.folder)/a"
        let content = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        var refused = 0
        for _ in 0..<600 {
            var damaged = content
            if random.chance(50) {
                damaged.removeLast(Int.random(in: 1...content.count, using: &random))
            } else {
                let tail = random.chance(50) ? max(0, content.count - 1_200) : 0
                damaged[Int.random(in: tail..<content.count, using: &random)] ^=
                    1 << UInt8.random(in: 0..<8, using: &random)
            }
            try Data(damaged).write(to: URL(fileURLWithPath: path))
            guard let loaded = self.file().load(for: version.identity) else {
                refused += 1
                continue
            }
            // Cut off between two frames.
            let before = try #require(saved[loaded.history.next], "\(replay)")
            #expect(loaded.released.changes(since: before).isEmpty, "\(replay)")
        }
        #expect(refused > 500)
    }

    @Test("Each flipped bit of a file is found") func flippedBits() throws {
        let filter = OwnerFilter(version: version)
        var history = try history(filter)
        let file = file("b")
        for fields in [[1], [0, 1], [2]] {
            let change = ReleaseChange(
                ordinal: 1, before: filter.fields(of: 1), after: FieldSet(fields))
            try filter.grant(1, fields: change.after)
            let isNoted = history.note(change)
            #expect(isNoted)
            try file.save(.init(history: history, released: filter.snapshot()))
        }
        let path = "\(hub.directory)/\(hub.dataset)/\(ReleaseFile.folder)/b"
        let content = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        try #require(ReleaseFrames(content).reading != nil)
        for bit in 0..<8 * content.count {
            var damaged = content
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            guard ReleaseFrames(damaged).reading != nil else { continue }
            Issue.record("bit \(bit) may flip")
        }
    }

    @Test("The oldest changes are forgotten, and who read before them is told so") func forgetting() throws {
        let filter = OwnerFilter(version: version)
        var history = try history(filter)
        let (none, some) = (FieldSet(), FieldSet([1]))
        for number in 0...ReleaseHistory.maximumCount {
            let isGiven = number % 2 == 0
            let change = ReleaseChange(
                ordinal: UInt32(number / 2 % 6_000), before: isGiven ? none : some,
                after: isGiven ? some : none)
            let isNoted = history.note(change)
            #expect(isNoted)
        }
        history.noteDeparture(of: 3, .init(key: "3", at: Instant(milliseconds: 0)))
        history.noteDeparture(of: 4, .init(key: "4", at: Instant(milliseconds: 1)))
        history.forgetDepartures(at: Instant(milliseconds: ReleaseHistory.departureMilliseconds + 1))
        #expect(history.departed.keys.sorted() == [4])
        history.trim(owners: 6_000)
        #expect(history.first > 0 && history.next == ReleaseHistory.maximumCount + 1)
        #expect(history.changes(from: history.first - 1, to: history.next) == nil)
        #expect(history.changes(from: history.next, to: history.next + 1) == nil)
        #expect(history.changes(from: history.first, to: history.first)?.isEmpty == false)
        #expect(history.changes(from: history.next, to: history.next)?.isEmpty == true)
    }

    @Test("A set of ordinals knows its members and which ranges hold one") func ordinals() {
        var random = SeededGenerator.announced("ordinals")
        for _ in 0..<300 {
            let members = Set(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    UInt32.random(in: 0..<400, using: &random)
                })
            let set = OrdinalSet(members)
            #expect(set.isEmpty == members.isEmpty && !set.contains(.max))
            for _ in 0..<60 {
                let first = UInt32.random(in: 0..<420, using: &random)
                let last = random.chance(5) ? .max : UInt32.random(in: first..<430, using: &random)
                #expect(
                    set.contains(anyOf: first...last) == members.contains { (first...last).contains($0) },
                    "\(members) \(first)...\(last); \(replay)")
                #expect(set.contains(first) == members.contains(first))
            }
        }
    }
}
