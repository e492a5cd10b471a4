import Testing

@testable import Model
import TestSupport

@Suite("An owner written as text is an organisation or a person, never both")
struct OwnerTests {
    @Test("A UUIDv7 is a person, a slug is an organisation, and each is written as it was read")
    func reads() throws {
        let person = try #require(PersonID("01890a5d-ac96-774b-bcce-b302099a8057"))
        let gent = try #require(Slug("stad-gent"))
        #expect(Owner(person.description) == .person(person))
        #expect(Owner("stad-gent") == .organisation(gent))
        #expect(Owner.person(person).description == "01890a5d-ac96-774b-bcce-b302099a8057")
        #expect(Owner.organisation(gent).description == "stad-gent")
    }

    @Test(
        "What is neither is nobody",
        arguments: [
            "", "Stad Gent", "01890A5D-AC96-774B-BCCE-B302099A8057", "01890a5d-ac96-474b-bcce-b302099a8057",
            "01890a5d-ac96-774b-0cce-b302099a8057", "-", "stad-gent\n",
        ])
    func refuses(text: String) { #expect(Owner(text) == nil) }

    @Test("No text is both: whatever reads as a person is refused as a slug")
    func disjoint() {
        var random = SeededGenerator()
        for _ in 0..<1000 {
            let id = PersonID(
                at: Instant(milliseconds: .random(in: 0...0xFFFF_FFFF_FFFF, using: &random)),
                random: (.random(in: 0...UInt16.max, using: &random), random.next()))
            #expect(Slug(id.description) == nil, "\(replay)")
        }
    }
}
