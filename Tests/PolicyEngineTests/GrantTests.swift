import Model
import PolicyEngine
import Testing
import TestSupport

@Suite("Grants are data: the index, the program, the filter")
struct GrantTests {
    let library: PolicyLibrary

    init() throws { library = try PolicyWorld.library() }

    private static let fields = ["flight", "dep_delay", "tailnum", "origin"]

    @Test("The index answers as a dictionary does, through 200,000 random changes")
    func index() throws {
        let seed = SeededGenerator.announcedSeed("grant index")
        var random = SeededGenerator(seed: seed)
        var index = GrantIndex(seed: random.next())
        var naive: [OwnerKey: GrantIndex.Grant] = [:]
        for round in 0..<200_000 {
            // Few owners, near each other, so that they meet in the table.
            let owner = OwnerKey(high: random.next() % 3, low: random.next() % 500)
            if random.chance(45) {
                index.remove(owner)
                naive[owner] = nil
            } else {
                let grant = GrantIndex.Grant(
                    fields: FieldMask([Int(random.next() % 4), Int(random.next() % 128)]),
                    until: random.chance(50)
                        ? Instant(milliseconds: Int64(random.next() % 100)) : nil)
                try index.set(grant, of: owner)
                naive[owner] = grant
            }
            let asked = OwnerKey(high: random.next() % 3, low: random.next() % 500)
            try #require(index.grant(of: asked) == naive[asked], "seed \(seed), round \(round)")
            try #require(index.count == naive.count, "seed \(seed), round \(round)")
        }
        for (owner, grant) in naive { #expect(index.grant(of: owner) == grant) }
    }

    @Test("A grant ends at its instant, not before and not after")
    func expiry() throws {
        var index = GrantIndex(seed: 1)
        let owner = OwnerKey(number: 7)
        try index.set(.init(fields: FieldMask([0]), until: Instant(milliseconds: 1000)), of: owner)
        #expect(!index.fields(of: owner, at: 999).isEmpty)
        #expect(index.fields(of: owner, at: 1000).isEmpty)
        #expect(index.fields(of: OwnerKey(number: 8), at: 0).isEmpty)
    }

    @Test("The 65,536th set of fields is refused, never rounded")
    func fieldSets() throws {
        var index = GrantIndex(capacity: 70_000, seed: 1)
        for number in 0..<GrantIndex.maximumFieldSets {
            let mask = FieldMask(low: UInt64(number + 1))
            try index.set(.init(fields: mask), of: OwnerKey(number: UInt32(number)))
        }
        let before = index.count
        #expect(throws: ClientFault.self) {
            try index.set(.init(fields: FieldMask(high: 1)), of: OwnerKey(number: 1))
        }
        #expect(index.count == before && index.fields(of: OwnerKey(number: 1), at: 0) == FieldMask(low: 2))
    }

    @Test("The program decides as the engine does, for every field and at every border in time")
    func program() throws {
        let border = PolicyWorld.noon
        let policy = PolicyWorld.agreementJSON([
            "permission": [
                [
                    "action": "read",
                    "constraint": [
                        PolicyWorld.constraint("dateTime", "lt", .string(border.description)),
                        PolicyWorld.constraint(
                            SluisProfile.field, "isAnyOf", ["@list": ["flight", "dep_delay"]]),
                    ],
                ],
                [
                    "action": "use",
                    "constraint": PolicyWorld.constraint(SluisProfile.field, "isAnyOf", ["origin"]),
                ],
            ],
            "prohibition": [
                "action": "use",
                "constraint": [
                    PolicyWorld.constraint("dateTime", "gteq", ["@value": "2030-01-01", "@type": "xsd:date"])
                ],
            ],
        ])
        let layers = try PolicyWorld.layers(library, agreement: policy)
        let request = PolicyWorld.request()
        let program = try #require(
            DecisionProgram.compile(request, under: layers, fields: Self.fields, owner: { _ in nil }))
        var grants = GrantIndex(seed: 3)
        let owner = OwnerKey(number: 1)
        try grants.set(.init(fields: FieldMask(0..<4)), of: owner)
        let late = try #require(Instant("2030-01-01T00:00:00Z"))
        for now in [border, late].flatMap({ at in (-2...2).map { at.milliseconds + Int64($0) } }) {
            for (position, field) in Self.fields.enumerated() {
                let expected = PolicyEngine.decide(
                    PolicyWorld.request(fields: [field]), under: layers, at: Instant(milliseconds: now))
                let found = program.decide(FieldMask([position]), of: owner, at: now, grants)
                #expect((found == .permit) == expected.isPermit, "\(field) at \(now)")
            }
        }
    }

    @Test("An owner whom a policy names is decided by itself")
    func namedOwner() throws {
        let person = "https://hub.example/id/persons/1"
        let policy = PolicyWorld.agreementJSON([
            "permission": ["action": "use"],
            "prohibition": [
                "action": "use",
                "constraint": PolicyWorld.constraint(SluisProfile.owner, "eq", ["@id": .string(person)]),
            ],
        ])
        let layers = try PolicyWorld.layers(library, agreement: policy)
        let named = OwnerKey(number: 1)
        let program = try #require(
            DecisionProgram.compile(PolicyWorld.request(), under: layers, fields: Self.fields) {
                $0 == person ? named : nil
            })
        var grants = GrantIndex(seed: 3)
        for owner in 1...2 {
            try grants.set(.init(fields: FieldMask([0])), of: OwnerKey(number: UInt32(owner)))
        }
        let asked = FieldMask([0])
        #expect(program.decide(asked, of: named, at: 0, grants) == .policyDenies)
        #expect(program.decide(asked, of: OwnerKey(number: 2), at: 0, grants) == .permit)
        #expect(program.decide(asked, of: OwnerKey(number: 3), at: 0, grants) == .notGranted)
    }

    @Test("What changes with the day of the week is not compiled")
    func notCompiled() throws {
        let policy = PolicyWorld.agreementJSON([
            "permission": [
                "action": "use",
                "constraint": PolicyWorld.constraint("https://w3id.org/sluis/odrl#dayOfWeek", "eq", "Sunday"),
            ]
        ])
        let layers = try PolicyWorld.layers(library, agreement: policy)
        #expect(
            DecisionProgram.compile(
                PolicyWorld.request(), under: layers, fields: Self.fields, owner: { _ in nil }) == nil)
    }

    @Test("filter(row) is decide(row), for every row of random datasets")
    func filter() throws {
        let seed = SeededGenerator.announcedSeed("owner filter")
        var random = SeededGenerator(seed: seed)
        let layers = try PolicyWorld.layers(library)
        let program = try #require(
            DecisionProgram.compile(
                PolicyWorld.request(), under: layers, fields: Self.fields, owner: { _ in nil }))
        for round in 0..<300 {
            let owners = (0..<random.pick([0, 1, 63, 64, 65, 400])).map { OwnerKey(number: UInt32($0)) }
            var grants = GrantIndex(seed: random.next())
            for owner in owners where random.chance(60) {
                try grants.set(
                    .init(
                        fields: FieldMask([Int(random.next() % 4), Int(random.next() % 4)]),
                        until: random.chance(30)
                            ? PolicyWorld.noon.adding(seconds: Int64(random.next() % 7) - 3) : nil),
                    of: owner)
            }
            let asked = FieldMask([Int(random.next() % 2), Int(random.next() % 4)])
            let bitmap = program.filter(asked, owners: owners, at: PolicyWorld.noon, grants)
            for (number, owner) in owners.enumerated() {
                let verdict = program.decide(asked, of: owner, at: PolicyWorld.noon.milliseconds, grants)
                try #require(bitmap[number] == (verdict == .permit), "seed \(seed), round \(round)")
            }
            #expect(!bitmap[owners.count] && !bitmap[-1])
        }
    }
}
