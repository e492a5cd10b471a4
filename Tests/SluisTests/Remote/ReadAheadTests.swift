import Testing

@testable import MerkleLog
@testable import RemoteHub

@Suite("What is fetched before it is asked for")
struct ReadAheadTests {
    private func tiles(
        _ places: Range<UInt64>, _ kinds: [TilePath.Kind] = [.hashes(level: 0)], size: UInt64 = 1 << 20
    ) -> TileRange {
        TileRange(kinds, places: places, size: size)
    }

    private func drain(_ ahead: inout ReadAhead) -> [ReadAhead.Fetch] {
        var fetches: [ReadAhead.Fetch] = []
        while let fetch = ahead.next() { fetches.append(fetch) }
        return fetches
    }

    @Test("Tiles come in the order in which they are read, the last one as wide as the checkpoint has it")
    func order() {
        let range = tiles(2..<4, [.entries, .hashes(level: 0)], size: 1000)
        #expect(
            (0..<range.count).map { range[$0].path }
                == ["tile/entries/002", "tile/0/002", "tile/entries/003.p/232", "tile/0/003.p/232"])
        #expect(tiles(5..<5).count == 0)
    }

    @Test("Of a run no more lie ready than allowed, and what is taken makes room")
    func window() throws {
        var ahead = ReadAhead(.init(filesOfRun: 3, filesInFlight: 2))
        let run = ahead.begin(tiles(0..<5))
        let first = drain(&ahead)
        #expect(first.map(\.tile.index) == [0, 1], "two in flight")
        ahead.finish(first[0].number, sizeBytes: 8192)
        #expect(drain(&ahead).map(\.tile.index) == [2], "three ready or on their way")
        #expect(ahead.take(first[0].tile) == first[0].number)
        #expect(drain(&ahead).isEmpty, "two in flight")
        #expect(ahead.take(first[1].tile) == first[1].number)
        ahead.finish(first[1].number, sizeBytes: 8192)
        #expect(drain(&ahead).map(\.tile.index) == [3])
        #expect(ahead.end(run: run).count == 2)
        #expect(ahead.next() == nil)
        #expect(ahead.heldBytes == 0)
    }

    @Test("What the reader fetches himself is not fetched ahead")
    func overtaken() {
        var ahead = ReadAhead(.init(filesOfRun: 8, filesInFlight: 1))
        _ = ahead.begin(tiles(0..<4))
        let first = drain(&ahead)
        #expect(ahead.take(first[0].tile) == first[0].number)
        #expect(ahead.take(.tile(level: 0, index: 1)) == nil)
        #expect(ahead.take(.tile(level: 0, index: 9)) == nil, "of no run")
        ahead.finish(first[0].number, sizeBytes: 8192)
        #expect(drain(&ahead).map(\.tile.index) == [2])
        #expect(ahead.take(first[0].tile) == nil, "it was taken")
    }

    @Test("Two runs over one place fetch it once, and two runs side by side both go on")
    func severalRuns() {
        var ahead = ReadAhead(.init(filesOfRun: 2, filesInFlight: 16))
        _ = ahead.begin(tiles(0..<4))
        let other = ahead.begin(tiles(1..<4))
        #expect(drain(&ahead).map(\.tile.index) == [0, 1, 2, 3])
        #expect(ahead.end(run: other).count == 2)
    }

    @Test("What arrives is counted; what does not fit is given up, and later files wait for room")
    func room() {
        var ahead = ReadAhead(.init(filesOfRun: 8, filesInFlight: 8, sizeBytes: 10_000))
        _ = ahead.begin(tiles(0..<8))
        let fetches = drain(&ahead)
        #expect(fetches.count == 8, "nobody knows yet how large they are")
        let received = fetches.prefix(2).map { ahead.receive(8192, of: $0.number) }
        #expect(received == [true, false])
        #expect(ahead.heldBytes == 8192)
        ahead.finish(fetches[0].number, sizeBytes: 8192)
        for fetch in fetches.dropFirst() { ahead.finish(fetch.number, sizeBytes: nil) }
        #expect(ahead.heldBytes == 8192)
        #expect(ahead.take(fetches[1].tile) == nil, "it is for the reader to fetch")
        #expect(ahead.take(fetches[0].tile) == fetches[0].number)
        #expect(ahead.heldBytes == 0)
        _ = ahead.begin(tiles(8..<12))
        #expect(drain(&ahead).map(\.tile.index) == [8], "two of the size seen would not fit")
        #expect(ahead.heldBytes == 8192)
    }

    @Test("A fetch that somebody waits for may be as large as its file can be")
    func waitedFor() {
        var ahead = ReadAhead(.init(sizeBytes: 100))
        let run = ahead.begin(tiles(0..<1))
        let fetch = drain(&ahead)[0]
        #expect(ahead.take(fetch.tile) == fetch.number)
        #expect(ahead.receive(8192, of: fetch.number) == true, "no longer ahead of anything")
        #expect(ahead.heldBytes == 0)
        #expect(ahead.end(run: run).isEmpty)
        #expect(ahead.receive(1, of: fetch.number) == true)
        ahead.finish(fetch.number, sizeBytes: 8193)
        #expect(ahead.receive(1, of: fetch.number) == false, "over")
        #expect(ahead.heldBytes == 0)
    }

    @Test("What is left of a run that ended is given up")
    func ended() {
        var ahead = ReadAhead()
        let run = ahead.begin(tiles(0..<100))
        let fetches = drain(&ahead)
        #expect(fetches.count == 16)
        #expect(ahead.receive(100, of: fetches[3].number) == true)
        #expect(ahead.heldBytes == 100)
        #expect(Set(ahead.end(run: run)) == Set(fetches.map(\.number)))
        #expect(ahead.receive(100, of: fetches[3].number) == false)
        #expect(ahead.heldBytes == 0)
        ahead.finish(fetches[3].number, sizeBytes: 8192)
        #expect(ahead.heldBytes == 0)
    }
}
