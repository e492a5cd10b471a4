import Model
import TestSupport

@testable import sluis

/// What an owner says yes to.
struct StormTerms: Hashable, Sendable {
    var fields: StormFields
    /// Which of his keys.
    var keys: Set<Int>
    var until: Instant?

    static func random(
        of owner: Int, agreed: StormFields, using random: inout SeededGenerator
    ) -> StormTerms {
        let all = Array(owner * StormTable.keysOfEach..<(owner + 1) * StormTable.keysOfEach)
        return StormTerms(
            fields: random.chance(55) ? agreed : StormFields(random.some(of: agreed.names)),
            keys: Set(random.chance(75) ? all : random.some(of: all)),
            until: random.chance(30) ? soon(using: &random) : nil)
    }

    /// Soon, and not so soon that a slow machine gets it to the hub too late.
    static func soon(using random: inout SeededGenerator) -> Instant {
        Instant(milliseconds: Instant.system.milliseconds + Int64.random(in: 700...4_000, using: &random))
    }

    func fields(ofKey key: Int) -> StormFields { keys.contains(key) ? fields : [] }

    /// As the hub is asked.
    func json(under agreement: String) -> JSON {
        var members: [String: JSON] = ["agreement": .string(agreement), "fields": JSON(fields.names)]
        if keys.count < StormTable.keysOfEach {
            members["owner_keys"] = JSON(keys.sorted().map(StormTable.name(ofKey:)))
        }
        if let until { members["valid_until"] = JSON(until) }
        return .object(members)
    }
}
