import TestSupport
import Testing

@testable import Registry

@Suite("Lists of entries") struct EntryChunkTests {
    @Test("What is stored is read back, sparse and dense alike", arguments: [0, 1, 511, 512, 513, 8192])
    func roundTrip(_ count: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        let chosen = Set((0..<8192).shuffled(using: &random).prefix(count).map { UInt64($0) + 3 * 8192 })
        var chunk = EntryChunk()
        for index in chosen { chunk.insert(index) }
        #expect(chunk.stored.count == min(count * 2, 1024))
        let read = try #require(EntryChunk(chunk.stored))
        #expect(read == chunk)
        #expect(read.indexes(in: 3) == chosen.sorted())
        #expect(read.count == count)
    }

    @Test("Union and intersection are those of sets") func algebra() throws {
        var random = SeededGenerator(seed: 7)
        let (a, b) = (some(&random), some(&random))
        var union = chunk(a)
        union.formUnion(chunk(b))
        var both = chunk(a)
        both.formIntersection(chunk(b))
        #expect(union.indexes(in: 0) == a.union(b).sorted())
        #expect(both.indexes(in: 0) == a.intersection(b).sorted())
    }

    @Test("Bytes that are no list are refused") func damaged() {
        #expect(EntryChunk([1]) == nil)
        #expect(EntryChunk([0x20, 0]) == nil)
        #expect(EntryChunk([UInt8](repeating: 0, count: 1026)) == nil)
        #expect(EntryTimes([1, 2, 3]) == nil)
        #expect(EntryTimes([UInt8](repeating: 0, count: 257 * 8)) == nil)
    }

    private func some(_ random: inout SeededGenerator) -> Set<UInt64> {
        Set((0..<2000).map { _ in UInt64.random(in: 0..<8192, using: &random) })
    }

    private func chunk(_ indexes: Set<UInt64>) -> EntryChunk {
        var chunk = EntryChunk()
        for index in indexes { chunk.insert(index) }
        return chunk
    }
}
