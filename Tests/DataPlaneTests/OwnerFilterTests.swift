import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Owner filter")
struct OwnerFilterTests {
    private func version(owners: Int) throws -> StoredVersion {
        let keys = (0..<owners).map { String(100_000 + $0) }
        return try Hub().publish("owner,v\n" + keys.map { $0 + ",1\n" }.joined())
    }

    @Test("An ordinal that a later version gave out has no grant") func later() throws {
        let filter = OwnerFilter(version: try version(owners: 3))
        try filter.grant(2, fields: FieldSet([0]))
        #expect(filter.snapshot().fields(of: 2) == FieldSet([0]))
        for ordinal in [3, 4095, 4096, 1_000_000] as [UInt32] {
            #expect(filter.snapshot().fields(of: ordinal) == FieldSet())
        }
    }

    @Test("100,000 random grants and withdrawals leave what a dictionary would hold")
    func againstDictionary() throws {
        var random = SeededGenerator.announced("owner filter")
        let count = 10_000
        let version = try version(owners: count)
        let filter = OwnerFilter(version: version)
        var expected: [Int: FieldSet] = [:]
        var frozen: [(OwnerFilterSnapshot, [Int: FieldSet])] = []
        for step in 0..<100_000 {
            let owner = Int.random(in: 0..<count, using: &random)
            if random.chance(30) {
                filter.clear(UInt32(owner))
                expected[owner] = nil
            } else {
                let fields = FieldSet((0..<12).filter { _ in random.chance(step < 50_000 ? 5 : 40) })
                try filter.grant(UInt32(owner), fields: fields)
                expected[owner] = fields.isEmpty ? nil : fields
            }
            if step % 10_000 == 0 { frozen.append((filter.snapshot(), expected)) }
        }
        for (snapshot, expected) in frozen + [(filter.snapshot(), expected)] {
            for owner in 0..<count {
                #expect(snapshot.scope(owner).map(snapshot.fields(ofScope:)) == expected[owner])
            }
            var granted: [Int] = []
            while let next = snapshot.firstGranted(from: (granted.last ?? -1) + 1) { granted.append(next) }
            #expect(granted == expected.keys.sorted())
        }
    }

    @Test("65,535 different field sets are told apart, the next is refused and releases nothing")
    func manyFieldSets() throws {
        let count = 65_600
        let version = try version(owners: count)
        let filter = OwnerFilter(version: version)
        func fields(_ number: Int) -> FieldSet { FieldSet((0..<17).filter { (number + 1) >> $0 & 1 == 1 }) }
        for owner in 0..<65_535 { try filter.grant(UInt32(owner), fields: fields(owner)) }
        #expect(throws: DataPlaneError.tooManyFieldSets) { try filter.grant(65_535, fields: fields(65_535)) }
        #expect(throws: DataPlaneError.tooManyFieldSets) { try filter.grant(65_536, fields: fields(70_000)) }
        var snapshot = filter.snapshot()
        #expect(snapshot.scope(65_535) == nil && snapshot.scope(65_536) == nil)
        for owner in 1..<65_535 {
            #expect(snapshot.scope(owner).map(snapshot.fields(ofScope:)) == fields(owner))
        }
        // When the set of owner 0 is nobody's, its place is free; a set that is known needs none.
        filter.clear(0)
        try filter.grant(65_536, fields: fields(70_000))
        try filter.grant(65_537, fields: fields(9))
        #expect(throws: DataPlaneError.tooManyFieldSets) { try filter.grant(0, fields: fields(0)) }
        snapshot = filter.snapshot()
        #expect(snapshot.scope(65_536).map(snapshot.fields(ofScope:)) == fields(70_000))
        #expect(snapshot.scope(65_537).map(snapshot.fields(ofScope:)) == fields(9))
    }

    @Test("a snapshot does not see what comes after it")
    func frozen() throws {
        let version = try Hub().publish("owner,v\na,1\nb,2\n")
        let filter = try version.filter(["a": ["v"]])
        let before = filter.snapshot()
        filter.clear(0)
        try filter.grant(1, fields: FieldSet([0]))
        let fields = FieldSet([0, 1])
        #expect(try before.withheld(in: version, fields: fields) == (1, 1))
        #expect(before.scope(0) != nil && before.scope(1) == nil)
        #expect(filter.snapshot().scope(0) == nil && filter.snapshot().scope(1) != nil)
    }

    @Test("withheld counts owners with rows but no requested field granted, and not the rows of nobody")
    func withheld() throws {
        let version = try Hub().publish("owner,v,w\na,1,1\na,2,2\nb,3,3\nc,4,4\n,5,5\n")
        let filter = try version.filter(["a": ["v"], "b": ["w"]])
        func withheld(_ names: [String]) throws -> [Int] {
            let counts = try filter.snapshot().withheld(
                in: version, fields: FieldSet(version.positions(names)))
            return [counts.rows, counts.owners]
        }
        #expect(try withheld(["v"]) == [2, 2])
        #expect(try withheld(["w"]) == [3, 2])
        #expect(try withheld(["v", "w"]) == [1, 1])
        #expect(try withheld(["owner"]) == [4, 3])
    }

    @Test("a filter of another version is refused: its ordinals would release other people's rows")
    func foreign() throws {
        let hub = try Hub()
        try hub.ingest("owner\na\nb\n", version: 1)
        try hub.ingest("owner\nb\nc\n", version: 2)
        let (old, new) = (try hub.open(1), try hub.open(2))
        let filter = try old.filter(["a": ["owner"]])
        #expect(throws: DataPlaneError.foreignFilter) { try new.read(filter) }
        #expect(throws: DataPlaneError.foreignFilter) {
            try filter.snapshot().withheld(in: new, fields: FieldSet([0]))
        }
        #expect(try old.read(filter) == "owner\na\n")
    }

    @Test("grants, withdrawals and reads at the same time: a snapshot is always one of the states that were")
    func concurrent() async throws {
        let version = try version(owners: 5_000)
        let filter = OwnerFilter(version: version)
        let (first, second) = (FieldSet([0]), FieldSet([0, 1]))
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<200 {
                    // Both owners change under one after the other: the second is never granted alone.
                    try? filter.grant(7, fields: round.isMultiple(of: 2) ? first : second)
                    try? filter.grant(4_999, fields: second)
                    filter.clear(4_999)
                    filter.clear(7)
                }
            }
            group.addTask {
                for _ in 0..<2_000 {
                    let snapshot = filter.snapshot()
                    if snapshot.scope(4_999) != nil { #expect(snapshot.scope(7) != nil) }
                    if let scope = snapshot.scope(7) {
                        #expect([first, second].contains(snapshot.fields(ofScope: scope)))
                    }
                }
            }
        }
        #expect(filter.snapshot().firstGranted(from: 0) == nil)
    }
}
