import TestSupport
import Testing

@testable import Registry

@Suite("Chunks of deliveries") struct DeliveryChunkTests {
    @Test("What is stored is read back, whole and one by one, and taken away one by one")
    func roundTrip() throws {
        var random = SeededGenerator.announced("chunks of deliveries")
        for _ in 0..<300 {
            let first = Int64.random(in: 0...5, using: &random) * DeliveryChunk.width
            let all = first..<first + DeliveryChunk.width
            let owners = all.filter { _ in random.chance(random.pick([1, 50])) }
            var chunk = DeliveryChunk()
            var expected: [Int64: DeliveryChunk.Item] = [:]
            for owner in owners {
                let rows = random.pick([0, 1, 127, 128, 1 << 40])
                let item = DeliveryChunk.Item(rows: rows, fields: Int64.random(in: 1...300, using: &random))
                chunk.add(owner, item)
                chunk.add(owner, DeliveryChunk.Item(rows: 1, fields: 9))
                expected[owner] = DeliveryChunk.Item(rows: item.rows + 1, fields: item.fields)
            }
            let stored = chunk.stored
            var read = try #require(DeliveryChunk(stored))
            #expect(read == chunk, "\(replay)")
            for owner in all {
                #expect(read[owner] == expected[owner], "\(replay)")
            }
            for owner in owners {
                read[owner] = nil
                #expect(read[owner] == nil)
            }
            #expect(read.isEmpty && read.stored.isEmpty)
        }
    }

    @Test("Bytes that are no chunk are none") func damaged() {
        var random = SeededGenerator.announced("damaged chunks of deliveries")
        #expect(DeliveryChunk([0x80]) == nil && DeliveryChunk([1]) == nil && DeliveryChunk([0, 1, 1]) == nil)
        #expect(DeliveryChunk([UInt8](repeating: 0xFF, count: 40)) == nil)
        // A step to the largest number there is.
        let most = [UInt8](repeating: 0xFF, count: 8) + [0x7F]
        #expect(DeliveryChunk([2, 0, 0] + most + [0, 0]) == nil)
        #expect(DeliveryChunk([0x80, 8, 0, 0])?.isEmpty == false && DeliveryChunk([0x81, 8, 0, 0]) == nil)
        for _ in 0..<20_000 {
            let bytes = random.bytes(Int.random(in: 0...30, using: &random))
            guard let chunk = DeliveryChunk(bytes) else { continue }
            #expect(DeliveryChunk(chunk.stored) == chunk, "\(replay)")
        }
    }
}
