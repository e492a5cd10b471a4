import DataPlane
import Model
import TestSupport
import Testing

@testable import Gateway

@Suite("Counting deliveries")
struct DeliveryCountTests {
    private struct Place: Hashable {
        var ordinal: UInt32
        var period: DataSpan?
    }

    @Test("runs in any order come to one an owner and period, ascending, with all rows and fields")
    func anyOrder() {
        var random = SeededGenerator.announced("deliveries in any order")
        let passed = Instant(milliseconds: 5)
        let periods = [nil, nil, nil, DataSpan(from: nil, to: passed), DataSpan(from: passed, to: nil)]
        for _ in 0..<500 {
            var count = DeliveryCount()
            var expected: [Place: (rows: Int, fields: FieldSet)] = [:]
            // As of segments: mostly ascending, begun anew, some with rows of an owner in two blocks.
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                var ordinal: UInt32 = 0
                while ordinal < 60 {
                    ordinal += random.chance(10) ? 0 : UInt32.random(in: 1...9, using: &random)
                    if random.chance(5) { ordinal /= 2 }
                    let run = DeliveredRun(
                        ordinal: ordinal, rows: Int.random(in: 1...9, using: &random),
                        fields: FieldSet([random.chance(50) ? 1 : 2]), period: random.pick(periods))
                    count.add(run)
                    let place = Place(ordinal: run.ordinal, period: run.period)
                    expected[place, default: (0, FieldSet())].rows += run.rows
                    expected[place]?.fields.formUnion(run.fields)
                }
            }
            let runs = count.runs
            #expect(runs.map(\.ordinal) == runs.map(\.ordinal).sorted(), "\(replay)")
            #expect(runs.count == expected.count, "\(replay)")
            for run in runs {
                let found = expected[Place(ordinal: run.ordinal, period: run.period)]
                #expect(found?.rows == run.rows && found?.fields == run.fields, "\(replay)")
            }
        }
    }
}
