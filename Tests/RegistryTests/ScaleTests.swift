import Foundation
import Model
import Testing

@testable import Registry

/// Figures are printed, not asserted: machines differ. `SLUIS_GRANTS` sets the number of grants.
@Suite("At scale", .serialized) struct ScaleTests {
    private static let grants =
        ProcessInfo.processInfo.environment["SLUIS_GRANTS"].flatMap(Int.init) ?? 100_000

    private func timed<T>(_ what: String, _ work: () throws -> T) rethrows -> T {
        let start = ContinuousClock.now
        let result = try work()
        print("\(what): \(ContinuousClock.now - start)")
        return result
    }

    @Test("A hundred thousand links are made, changed and found again") func links() throws {
        let count = 100_000
        let story = try Story()
        let assertions = { (shift: Int) in
            (0..<count).map { LinkAssertion(ownerKey: "N\($0)", owner: person(($0 + shift) % 5)) }
        }
        let made = try timed("\(count) links made") {
            try story.registry.write(at: noon) { try $0.assertLinks(assertions(0), in: story.flights) }
        }
        #expect(made.made.count == count)
        try story.publish()
        let moved = try timed("\(count) links passed on") {
            try story.registry.write(at: noon) { try $0.assertLinks(assertions(1), in: story.flights) }
        }
        #expect(moved.made.count == count)
        #expect(moved.ended.count == count)
        var found = 0
        try timed("\(count) links read") {
            try story.registry.read { reader in
                try reader.forEachLink(of: story.flights) { found += $0.sinceVersion }
            }
        }
        #expect(found == 2 * count)
    }

    @Test("Every live grant of an agreement is found, with its fields") func liveGrants() throws {
        let count = Self.grants
        let story = try Story(persons: 0)
        try timed("\(count) persons and grants stored") {
            try story.registry.write(at: noon) { registry in
                for number in 0..<count {
                    try registry.insert(Person(id: identifier(number), name: ""))
                    var grant = story.grant(number, of: person(number))
                    if number % 3 == 0 { grant.fields.append("tailnum") }
                    try registry.insert(grant)
                }
            }
        }
        var (owners, fields) = (0, 0)
        try timed("\(count) live grants read") {
            try story.registry.read { reader in
                try reader.forEachLiveGrant(of: story.agreement, at: noon) { grant in
                    owners += 1
                    fields += grant.fieldIDs.count
                }
            }
        }
        #expect(owners == count)
        #expect(fields == count + (count + 2) / 3)
    }
}
