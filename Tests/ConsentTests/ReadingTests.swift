import Consent
import Cryptography
import DataPlane
import Model
import Testing

@Suite("Consumers read", .timeLimit(.minutes(5))) struct ReadingTests {
    private func reason(_ reading: Exchange.Reading) -> String? {
        guard case .denied(let decision, _) = reading else { return nil }
        #expect(decision.fields.isEmpty)
        return decision.reasons.first?.code
    }

    @Test("A field outside the claim or the agreement is denied, an unknown one refused") func fields()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement(fields: ["meter", "day"])
        try await world.grant(agreement, by: world.cast.ann)
        let narrow = try world.claim(agreement, fields: ["day"])
        #expect(try reason(world.exchange.read(narrow, fields: ["day", "meter"])) == "field_not_agreed")
        #expect(try reason(world.exchange.read(narrow, fields: ["kwh"])) == "field_not_agreed")
        let inflated = try world.claim(agreement, fields: World.fields)
        #expect(try reason(world.exchange.read(inflated, fields: nil)) != nil)
        #expect(try reason(world.exchange.read(inflated, fields: ["kwh"])) != nil)
        #expect(try reason(world.exchange.read(inflated, fields: ["day"])) == nil)
        for wrong in [["salary"], [], ["day", "day"]] {
            let fault = try await fault { try world.exchange.read(narrow, fields: wrong) }
            #expect(fault.kind == .badInput && fault.field == "fields")
        }
        #expect(try world.rows(agreement, fields: ["day"]) == ["m1-1-v1", "m1-2-v1", "m2-1-v1", "m2-2-v1"])
    }

    @Test("A condition reads the fields that it names, and is salted in the log") func conditions()
        async throws
    {
        let world = try await World.story()
        let agreement = try await world.agreement(fields: ["meter", "day"])
        try await world.grant(agreement, by: world.cast.ann)
        let narrow = try world.claim(agreement, fields: ["day"])
        let foreign = try Condition("day = 'x' and not kwh > 1")
        let unknown = try Condition("salary > 1")
        for fields in [nil, ["day"]] {
            #expect(
                try reason(world.exchange.read(narrow, fields: fields, where: foreign)) == "field_not_agreed")
            let fault = try await fault { try world.exchange.read(narrow, fields: fields, where: unknown) }
            #expect(fault.kind == .badInput && fault.field == "where" && fault.found == "salary")
        }
        let inflated = try world.claim(agreement, fields: World.fields)
        #expect(try reason(world.exchange.read(inflated, fields: ["day"], where: foreign)) != nil)
        let condition = try Condition("day is not null")
        let reading = try world.exchange.read(narrow, fields: nil, where: condition, limit: 7)
        guard case .permitted(let plan) = reading else {
            Issue.record("the token covers the field")
            return
        }
        #expect(plan.condition?.text == condition.text && plan.limit == 7 && plan.fields == ["day"])
        let entries = AccessEntries(
            plan, by: world.cast.bureau.actor, purpose: World.purpose, random: SecureRandom.bytes(48))
        let index = try await world.exchange.append(entries.decided)
        let entry = try world.finalEntries()[Int(index)]
        let salted = SHA256.hash(entries.salt + Array(condition.text.utf8))
        #expect(entry["where"]?.string == Base64.encodeURL(salted) && entry["limit"] == 7)
    }

    @Test("Another's agreement, another dataset, another purpose, none at all: denied") func foreignClaims()
        async throws
    {
        let world = try await World.story()
        try await world.add("other", .column("meter"))
        try await world.publish(World.csv(World.meters(version: 1)), as: "other")
        let agreement = try await world.agreement()
        try await world.grant(agreement, by: world.cast.ann)
        let none = Exchange.Claim(
            dataset: slug("meters"), agreement: AgreementID(at: noon, random: (5, 5)),
            consumer: slug("bureau"), purpose: World.purpose, fields: ["day"])
        var elsewhere = try world.claim(agreement)
        elsewhere.purpose = Purpose("https://w3id.org/dpv#Marketing")
        let foreign = [
            try world.claim(agreement, consumer: world.cast.rival),
            try world.claim(agreement, dataset: "other"), none,
        ]
        for claim in foreign {
            #expect(try reason(world.exchange.read(claim, fields: nil)) == "no_agreement")
            #expect(world.exchange.decide(claim, fields: ["day"]) == nil)
        }
        #expect(try reason(world.exchange.read(elsewhere, fields: nil)) != nil)
        var narrower = try world.claim(agreement)
        narrower.purpose = Purpose("https://w3id.org/dpv#AcademicResearch")
        guard case .permitted = try world.exchange.read(narrower, fields: nil) else {
            Issue.record("a narrower purpose is within the agreed one")
            return
        }
    }

    @Test("No data yet: said so, not empty") func noData() async throws {
        let world = try await World.empty()
        try await world.add("meters", .column("meter"))
        let agreement = try await world.agreement()
        let fault = try await fault { try world.exchange.read(world.claim(agreement), fields: nil) }
        #expect(fault.field == "dataset" && fault.found == "meters")
    }

    @Test("What is withheld is rounded down to tens, and untold below twenty owners") func withheld()
        async throws
    {
        let world = try await World.story()
        let keys = (0..<34).map { "k\($0)" }
        try await world.publish(World.csv(World.meters(version: 2, of: keys)))
        try await world.link(keys.prefix(14).map { ($0, world.cast.ann) })
        let agreement = try await world.agreement()
        #expect(try world.plan(agreement).withheld == Withheld(exactRows: 68, exactOwners: 34))
        #expect(try world.plan(agreement).withheld?.owners == 30)
        #expect(try world.plan(agreement).withheld?.rows == 60)
        try await world.grant(agreement, fields: ["day"], by: world.cast.ann)
        let partly = try world.plan(agreement)
        #expect(partly.withheld?.owners == 20 && partly.withheld?.rows == 40)
        #expect(try world.plan(agreement, fields: ["kwh"]).withheld?.owners == 30)
        try await world.link([("k14", world.cast.bob)])
        try await world.grant(agreement, by: world.cast.bob)
        #expect(try world.plan(agreement).withheld == nil, "nineteen owners are withheld")
        #expect(Withheld(exactRows: 1000, exactOwners: 19) == nil)
        #expect(Withheld(exactRows: 1009, exactOwners: 29) == Withheld(exactRows: 1000, exactOwners: 20))
    }

    @Test("The entries of a read name stream, epoch, version and rows, and nothing of the body bare")
    func entries() async throws {
        let world = try await World.story()
        let agreement = try await world.agreement()
        let epoch = try await world.grant(agreement, by: world.cast.ann).value.epoch
        let download = try world.download(agreement)
        let entries = AccessEntries(
            download.plan, by: world.cast.bureau.actor, purpose: World.purpose,
            random: SecureRandom.bytes(48))
        let decision = try await world.exchange.append(entries.decided)
        let body = SHA256.hash(Array(try download.rest().joined().utf8))
        let outcome = AccessEntries.Outcome(
            status: .complete, rows: 4, bytes: 100, bodyDigest: body, epochs: [(epoch, 0)], delivered: nil)
        let completion = try await world.exchange.append(entries.completed(outcome, withheld: nil))
        #expect(completion > decision)
        let whole = try await world.exchange.append(entries.whole(outcome, withheld: nil))
        let unsent = try await world.exchange.append(entries.unsent(whole, withheld: nil))
        let found = try world.finalEntries()
        let (decided, completed) = (found[Int(decision)], found[Int(completion)])
        #expect(decided["type"] == "access.decided" && decided["decision"] == "permit")
        #expect(decided["epoch"]?.integer == epoch && decided["version"] == 1)
        #expect(completed["stream"] == decided["stream"] && completed["rows"] == 4)
        #expect(completed["epochs"] == [[.integer(epoch), 0]])
        #expect(completed["digest"]?.string == Base64.encodeURL(SHA256.hash(entries.salt + body)))
        #expect(completed["digest"]?.string != Base64.encodeURL(body))
        // The one entry of a whole answer has all that both have, and nothing was selected.
        func told(_ index: UInt64) -> [String: JSON] {
            (found[Int(index)].object ?? [:]).filter {
                !["type", "at", "nonce", "where", "limit", "since"].contains($0.key)
            }
        }
        #expect(found[Int(whole)]["type"] == "access" && told(whole) == told(completion))
        for entry in [decided, found[Int(whole)]] {
            #expect(entry["where"] == .null && entry["limit"] == .null && entry["since"] == .null)
        }
        for index in [completion, unsent] {
            #expect(found[Int(index)]["where"] == nil && found[Int(index)]["limit"] == nil)
        }
        let nothing = Base64.encodeURL(SHA256.hash(entries.salt + SHA256.hash([])))
        #expect(found[Int(unsent)]["type"] == "access.completed")
        #expect(
            told(unsent)
                == told(completion).merging([
                    "corrects": .integer(Int64(whole)), "rows": 0, "bytes": 0, "epochs": [], "status": "cut",
                    "digest": .string(nothing),
                ]) { $1 })
    }
}
