import Testing

@testable import DataPlane
import TestSupport

@Suite("Field sets")
struct FieldSetTests {
    @Test("a field set behaves as a set of integers, beyond 64 fields too")
    func againstSet() {
        var random = SeededGenerator.announced("field sets")
        for _ in 0..<2_000 {
            let limit = random.pick([3, 64, 65, 200, 1024])
            let a = Set((0..<5).map { _ in Int.random(in: 0..<limit, using: &random) })
            let b = Set((0..<5).map { _ in Int.random(in: 0..<limit, using: &random) })
            let (first, second) = (FieldSet(a), FieldSet(b))
            #expect(first.positions == a.sorted())
            #expect(first.count == a.count)
            #expect(first.isDisjoint(with: second) == a.isDisjoint(with: b))
            #expect(first.isSubset(of: second) == a.isSubset(of: b))
            #expect((first == second) == (a == b))
            #expect(FieldSet(a.shuffled(using: &random)) == first)
            #expect((0..<limit + 70).allSatisfy { first.contains($0) == a.contains($0) })
        }
        #expect(FieldSet().isEmpty)
        #expect(!FieldSet([1_000]).isEmpty)
        #expect(FieldSet().isSubset(of: FieldSet([70])))
    }
}
