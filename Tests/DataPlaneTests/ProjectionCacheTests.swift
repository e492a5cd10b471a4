import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import DataPlane

@Suite("The cache of projections")
struct ProjectionCacheTests {
    /// Of this test alone; it stays as long as that runs.
    private let hub: Hub

    init() throws { hub = try Hub() }

    private typealias Wish = ProjectionShelves.Wish

    /// Small files count for as much as this.
    private static let file = StoredProjection.minimumFileBytes

    private func version(_ number: Int = 1) throws -> StoredVersion {
        try hub.ingest("owner,v,w\na,1,x\nb,2,y\n", IngestShape(ownerRule: .column("owner")), version: number)
        return try hub.open(number)
    }

    /// Reads twice and makes what is then wished for.
    private func make(_ fields: [Int], of version: StoredVersion, in shelves: inout ProjectionShelves) throws
    {
        let reads = (0..<2).map { _ in shelves.read(fields, of: version, isCounted: true).isWished }
        #expect(reads == [false, true])
        let wish = Wish(version: version, fields: fields)
        let isBegun = shelves.begin(wish, sizeBytes: Self.file) != nil
        #expect(isBegun)
        shelves.end(wish, try ProjectionWriter(version: version, fields: fields) {}.write())
    }

    @Test("the second read of a list asks for a projection, once; reads find it, and else one that serves")
    func secondRead() throws {
        let version = try version()
        var shelves = ProjectionShelves(budgetBytes: 10 * Self.file)
        let unknown = shelves.read([1], of: version, isCounted: true)
        #expect(unknown.found == nil && !unknown.isWished, "nobody said that readers get this version")
        _ = shelves.turn(to: version)
        let all = (0..<3).map { _ in shelves.read([0, 1, 2], of: version, isCounted: true).isWished }
        #expect(all == [false, false, false], "all fields in their order are the version itself")
        let idle = (0..<3).map { _ in shelves.read([1], of: version, isCounted: false).isWished }
        #expect(idle == [false, false, false])
        let asked = (0..<4).map { _ in shelves.read([2, 1], of: version, isCounted: true).isWished }
        #expect(asked == [false, true, false, false])
        let wish = Wish(version: version, fields: [2, 1])
        let begun = shelves.begin(wish, sizeBytes: 5)
        #expect(begun?.isEmpty == true && shelves.usedBytes == 5)
        shelves.end(wish, try ProjectionWriter(version: version, fields: [2, 1]) {}.write())
        #expect(shelves.usedBytes == Self.file)
        for fields in [[2, 1], [1, 2], [1]] {
            let found = shelves.read(fields, of: version, isCounted: false).found
            #expect(found?.fields == [2, 1])
        }
        let other = shelves.read([0, 1], of: version, isCounted: false).found
        #expect(other == nil)
        try make([1, 2], of: version, in: &shelves)
        let exact = [[2, 1], [1, 2]].map { shelves.read($0, of: version, isCounted: true).found?.fields }
        #expect(exact == [[2, 1], [1, 2]])
    }

    @Test("what was not used for longest goes first; what is too large for the budget is never made")
    func budget() throws {
        let version = try version()
        var shelves = ProjectionShelves(budgetBytes: 2 * Self.file)
        _ = shelves.turn(to: version)
        try make([0], of: version, in: &shelves)
        try make([1], of: version, in: &shelves)
        let used = shelves.read([0], of: version, isCounted: true).found
        #expect(used != nil)
        try make([2], of: version, in: &shelves)
        #expect(shelves.projections(of: version).map(\.fields) == [[0], [2]])
        #expect(shelves.usedBytes == 2 * Self.file)
        let reads = (0..<2).map { _ in shelves.read([1, 2], of: version, isCounted: true).isWished }
        #expect(reads == [false, true])
        let large = shelves.begin(Wish(version: version, fields: [1, 2]), sizeBytes: 2 * Self.file + 1)
        #expect(large == nil && shelves.usedBytes == 2 * Self.file, "nothing went for it")
        shelves.end(Wish(version: version, fields: [1, 2]), nil)
        let again = (0..<3).map { _ in shelves.read([1, 2], of: version, isCounted: true).isWished }
        #expect(again == [false, false, false])
        // What fails otherwise is asked for again.
        _ = shelves.read([2, 0], of: version, isCounted: true)
        _ = shelves.read([2, 0], of: version, isCounted: true)
        shelves.end(Wish(version: version, fields: [2, 0]), nil)
        try make([2, 0], of: version, in: &shelves)
    }

    @Test("another version, other segments: what was there goes, and what is being made is not taken")
    func turning() throws {
        let first = try version()
        var shelves = ProjectionShelves(budgetBytes: 10 * Self.file)
        _ = shelves.turn(to: first)
        try make([0], of: first, in: &shelves)
        let wish = Wish(version: first, fields: [1])
        for _ in 0..<2 { _ = shelves.read([1], of: first, isCounted: true) }
        let isBegun = shelves.begin(wish, sizeBytes: 1) != nil
        #expect(isBegun && shelves.isWanted(wish))
        // The same version, opened again as after a merge.
        let second = try hub.open()
        let same = shelves.turn(to: first)
        #expect(same.isEmpty)
        let gone = shelves.turn(to: second)
        #expect(gone.map(\.fields) == [[0]] && !shelves.isWanted(wish))
        shelves.end(wish, try ProjectionWriter(version: first, fields: [1]) {}.write())
        #expect(shelves.usedBytes == 0)
        for version in [first, second] {
            let found = shelves.read([0], of: version, isCounted: true).found
            #expect(found == nil)
        }
    }

    @Test("lists and wishes are bounded")
    func bounds() throws {
        let names = (0..<50).map { "f\($0)" }
        let text = names.joined(separator: ",") + "\n" + names.joined(separator: ",") + "\n"
        let version = try hub.publish(text, IngestShape(ownerRule: .open))
        var shelves = ProjectionShelves(budgetBytes: 10 * Self.file)
        _ = shelves.turn(to: version)
        let wished = (0..<40).map { field in
            (0..<2).map { _ in shelves.read([field], of: version, isCounted: true).isWished }
        }
        #expect(wished.count { $0 == [false, true] } == ProjectionShelves.maximumWishes)
        for number in 0..<3 * ProjectionShelves.maximumLists {
            _ = shelves.read([number % 50, 50 + number / 50], of: version, isCounted: true)
        }
        let waiting = shelves.isWanted(Wish(version: version, fields: [0]))
        #expect(waiting)
        let forgotten = shelves.read([39], of: version, isCounted: true).isWished
        #expect(!forgotten)
    }

    // MARK: In the background

    /// Polls: what is made is made on another thread.
    private func until(_ condition: () -> Bool) throws {
        for _ in 0..<60_000 where !condition() { Thread.sleep(forTimeInterval: 0.001) }
        try #require(condition())
    }

    @Test("made behind the readers' backs, dropped when nobody may read a field of it or the disk is short")
    func background() throws {
        let version = try version()
        let allowed = Mutex(FieldSet([0, 1, 2]))
        let isFull = Mutex(false)
        let refusals = Mutex(0)
        let cache = ProjectionCache(
            budgetBytes: 10 * Self.file,
            hasRoom: { bytes in
                let isRefused = isFull.withLock { $0 }
                if isRefused, bytes > 0 { refusals.withLock { $0 += 1 } }
                return !isRefused
            }, allowed: { _ in allowed.withLock { $0 } })
        cache.turn(to: version)
        func make(_ fields: [Int]) throws {
            for _ in 0..<2 { _ = cache.projection(of: version, for: fields, isCounted: true) }
            try until { cache.items(of: version).contains { $0.fields == fields } }
        }
        try make([0, 1])
        try make([1])
        #expect(cache.items(of: version).map(\.sizeBytes) == [Self.file, Self.file])
        #expect(cache.projection(of: version, for: [1, 0], isCounted: true)?.fields == [0, 1])
        cache.review()
        #expect(cache.items(of: version).count == 2)
        allowed.withLock { $0 = FieldSet([1, 2]) }
        cache.review()
        #expect(cache.items(of: version).map(\.fields) == [[1]])
        // Not even made, and asked for again in vain.
        for _ in 0..<4 { _ = cache.projection(of: version, for: [0, 2], isCounted: true) }
        try make([2])
        #expect(cache.items(of: version).map(\.fields) == [[1], [2]])
        isFull.withLock { $0 = true }
        cache.review()
        #expect(cache.items(of: version).isEmpty)
        for _ in 0..<2 { _ = cache.projection(of: version, for: [1], isCounted: true) }
        try until { refusals.withLock { $0 == 1 } }
        isFull.withLock { $0 = false }
        try make([2])
        #expect(cache.items(of: version).map(\.fields) == [[2]])
        let reopened = try hub.open()
        cache.turn(to: reopened)
        #expect(cache.items(of: version).isEmpty && cache.items(of: reopened).isEmpty)
    }

    @Test("a budget of nothing makes nothing")
    func nothing() throws {
        let version = try version()
        let cache = ProjectionCache(budgetBytes: 0, hasRoom: { _ in true }, allowed: { _ in FieldSet([0]) })
        cache.turn(to: version)
        for _ in 0..<3 { #expect(cache.projection(of: version, for: [0], isCounted: true) == nil) }
        #expect(cache.items(of: version).isEmpty)
    }
}
