@testable import MerkleLog
import Testing
import TestSupport

@Suite struct TilePathTests {
    @Test(arguments: [
        ("tile/0/000", TilePath.tile(level: 0, index: 0)),
        ("tile/0/000.p/1", .tile(level: 0, index: 0, width: 1)),
        ("tile/3/x001/x234/067", .tile(level: 3, index: 1_234_067)),
        ("tile/1/x001/000.p/255", .tile(level: 1, index: 1000, width: 255)),
        ("tile/entries/999", .entries(index: 999)),
        ("tile/entries/x001/x234/067.p/8", .entries(index: 1_234_067, width: 8)),
        ("tile/7/000.p/127", .tile(level: 7, index: 0, width: 127)),
    ])
    func aPathIsWrittenAndReadAsC2SPSaysIt(text: String, path: TilePath) {
        #expect(path.path == text && "\(path)" == text)
        #expect(TilePath(text) == path)
    }

    @Test(arguments: [
        "", "/", "checkpoint", "tile", "tile/0", "tile/0/", "tile//000", "/tile/0/000", "tile/0/000/",
        "tile/00/000", "tile/-1/000", "tile/8/000", "tile/64/000", "tile/a/000", "tile/entry/000",
        "Tile/0/000",
        "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000", "tile/0/x000/000", "tile/0/001/000",
        "tile/0/x01/000", "tile/0/x001/00a", "tile/0/x001/x002", "tile/0/X001/000", "tile/0/+01",
        "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
        "tile/0/000.p/-1", "tile/0/000.p/1/2", "tile/0/.p/1", "tile/0/000.q/1", "tile/0/000.p/1.p/1",
        "tile/0/000.p/99999999999999999999999", "tile/0/x001.p/1", "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/000.tmp", "tile/0/000\u{0}", "tile/0/００0", "tile/../tile/0/000", "tile/7/001",
    ])
    func noOtherTextIsAPath(text: String) { #expect(TilePath(text) == nil) }

    @Test func randomPathsComeBack() {
        var random = SeededGenerator()
        for _ in 0..<2000 {
            let level = Int.random(in: 0...6, using: &random)
            let index =
                UInt64.random(in: 0..<(1 << UInt64(55 - 8 * level)), using: &random)
                >> UInt64.random(in: 0...50, using: &random)
            let width = Int.random(in: 1...256, using: &random)
            for path in [
                TilePath.tile(level: level, index: index, width: width), .entries(index: index, width: width),
            ] {
                #expect(TilePath(path.path) == path, "\(path); \(replay)")
            }
        }
    }

    @Test func whatNoTreeHasIsNoTile() {
        #expect(TilePath(.entries, index: 0, width: 0) == nil)
        #expect(TilePath(.entries, index: 0, width: 257) == nil)
        #expect(TilePath(.entries, index: 1 << 55) == nil && TilePath(.entries, index: .max) == nil)
        #expect(TilePath(.entries, index: 1 << 55 - 1) != nil)
        #expect(TilePath(.hashes(level: 8), index: 0, width: 1) == nil)
        #expect(TilePath(.hashes(level: -1), index: 0, width: 1) == nil)
        #expect(TilePath(.hashes(level: 7), index: 0, width: 129) == nil)
        #expect(
            TilePath(.hashes(level: 6), index: 127) != nil && TilePath(.hashes(level: 6), index: 128) == nil)
    }
}

@Suite struct EntryBundleTests {
    @Test func entriesLieBehindTheirLengthsBigEndian() throws {
        #expect(EntryBundle.encode([]) == [])
        #expect(EntryBundle.encode([[], [9], [1, 2, 3]]) == [0, 0, 0, 1, 9, 0, 3, 1, 2, 3])
        let long = [UInt8](repeating: 5, count: 65_535)
        #expect(EntryBundle.encode([long]).prefix(3) == [0xFF, 0xFF, 5])
        #expect(try EntryBundle.decode(EntryBundle.encode([long, [], [1]])) == [long, [], [1]])
    }

    @Test func randomEntriesComeBackAndNoCutBundleIsRead() throws {
        var random = SeededGenerator()
        for _ in 0..<50 {
            let entries = (0..<Int.random(in: 0...256, using: &random)).map { _ in
                random.bytes(Int.random(in: 0...20, using: &random))
            }
            let bytes = EntryBundle.encode(entries)
            #expect(try EntryBundle.decode(bytes) == entries, "\(replay)")
            #expect(throws: ProofError(.malformedBundle, "")) { try EntryBundle.decode(bytes + [0]) }
        }
        #expect(throws: ProofError(.malformedBundle, "")) { try EntryBundle.decode([0, 2, 1]) }
    }

    @Test func aBundleHasAtMost256Entries() {
        let many = [UInt8](repeating: 0, count: 514)
        #expect(throws: ProofError(.malformedBundle, "")) { try EntryBundle.decode(many) }
        #expect(throws: Never.self) { try EntryBundle.decode(Array(many.dropLast(2))) }
    }
}

@Suite struct TileWriterTests {
    /// What the writer hands out at each size, kept as a log would keep it.
    private func files(sizes: [Int], entries: [[UInt8]]) throws -> [String: [UInt8]] {
        var writer = TileWriter()
        var kept: [String: [UInt8]] = [:]
        for size in sizes {
            while writer.size < size { try writer.append(entries[Int(writer.size)]) }
            for file in writer.publish() {
                #expect(kept[file.path.path] == nil || kept[file.path.path] == file.bytes)
                kept[file.path.path] = file.bytes
            }
        }
        return kept
    }

    @Test func aTreeOf70000HasTheTilesThatTheSpecificationCounts() throws {
        var writer = TileWriter()
        for _ in 0..<70_000 { try writer.append([]) }
        let paths = writer.publish().map(\.path)
        func count(_ level: Int, _ isFull: Bool) -> Int {
            paths.count { $0.kind == .hashes(level: level) && $0.isFull == isFull }
        }
        #expect([count(0, true), count(0, false), count(1, true), count(1, false)] == [273, 1, 1, 1])
        #expect([count(2, true), count(2, false)] == [0, 1])
        #expect(paths.contains(.tile(level: 0, index: 273, width: 112)))
        #expect(paths.contains(.tile(level: 1, index: 1, width: 17)))
        #expect(paths.contains(.tile(level: 2, index: 0, width: 1)))
        #expect(paths.contains(.entries(index: 273, width: 112)) && paths.count == 277 + 274)
        #expect(writer.publish().count == 4, "only the partial files are handed out again")
    }

    @Test func aTreeOf256HasAFullTileAndTheOneAboveIt() throws {
        let entries = (0..<256).map { [UInt8($0)] }
        let files = try files(sizes: [256], entries: entries)
        #expect(files.keys.sorted() == ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"])
        #expect(files["tile/entries/000"] == EntryBundle.encode(entries))
        let tree = ReferenceTree(entries: entries)
        #expect(files["tile/0/000"] == tree.leaves.flatMap(\.bytes))
        #expect(files["tile/1/000.p/1"] == tree.root(0..<256).bytes)
    }

    @Test func tilesHoldTheHashesThatTheReferenceHas() throws {
        var random = SeededGenerator()
        let entries = (0..<1400).map { _ in random.bytes(4) }
        let sizes = (0..<12).map { _ in Int.random(in: 1...1400, using: &random) }.sorted()
        let tree = ReferenceTree(entries: entries)
        for (name, bytes) in try files(sizes: sizes, entries: entries) {
            let path = try #require(TilePath(name))
            let first = Int(path.index) * 256
            if path.kind == .entries {
                #expect(
                    bytes == EntryBundle.encode(Array(entries[first..<first + path.width])),
                    "\(name); \(replay)")
            } else {
                let hashes = try (first..<first + path.width).map {
                    try tree.hash(level: 8 * path.level, index: UInt64($0))
                }
                #expect(try HashTile.decode(bytes, width: path.width) == hashes, "\(name); \(replay)")
            }
        }
    }

    @Test(arguments: [0, 1, 255, 256, 257, 511, 512, 70_000])
    func aWriterGoesOnWhereAnotherStopped(size: Int) throws {
        var writer = TileWriter()
        var kept: [TilePath: [UInt8]] = [:]
        for number in 0..<size { try writer.append([UInt8(number & 255)]) }
        for file in writer.publish() { kept[file.path] = file.bytes }
        var resumed = try TileWriter(size: UInt64(size)) { kept[$0] }
        #expect(resumed.size == writer.size && resumed.root == writer.root)
        for number in 0..<300 {
            try writer.append([UInt8(number & 255), 7])
            try resumed.append([UInt8(number & 255), 7])
        }
        #expect(resumed.root == writer.root && resumed.publish() == writer.publish())
    }

    @Test func aWriterRefusesTilesThatDoNotFit() throws {
        var writer = TileWriter()
        for _ in 0..<300 { try writer.append([1]) }
        let files = Dictionary(uniqueKeysWithValues: writer.publish().map { ($0.path, $0.bytes) })
        #expect(throws: ProofError(.missingTile, "")) { try TileWriter(size: 299) { files[$0] } }
        #expect(throws: ProofError(.malformedTile, "")) { try TileWriter(size: 300) { _ in [1] } }
        #expect(throws: ProofError(.outOfRange, "")) { try TileWriter(size: .max) { files[$0] } }
        #expect(throws: ProofError(.malformedBundle, "")) {
            try TileWriter(size: 300) { $0.kind == .entries ? EntryBundle.encode([[2]]) : files[$0] }
        }
    }

    @Test func anEntryTooLargeChangesNothing() throws {
        var writer = TileWriter()
        try writer.append([UInt8](repeating: 1, count: 65_535))
        let root = writer.root
        #expect(throws: ProofError(.entryTooLarge, "")) {
            try writer.append([UInt8](repeating: 1, count: 65_536))
        }
        #expect(writer.size == 1 && writer.root == root)
    }
}

@Suite struct TileNodesTests {
    @Test(arguments: [1, 255, 256, 257, 600, 65_536, 66_000])
    func proofsAreMadeFromTilesAlone(size: UInt64) throws {
        var writer = TileWriter()
        var frontiers: [UInt64: TreeHash] = [:]
        let leaves = (0..<size).map { MerkleTree.leafHash([UInt8($0 & 255), UInt8($0 >> 8 & 255)]) }
        var random = SeededGenerator()
        let picks = (0..<6).map { _ in UInt64.random(in: 0..<size, using: &random) } + [0, size - 1]
        for index in 0..<size {
            try writer.append([UInt8(index & 255), UInt8(index >> 8 & 255)])
            if picks.contains(index) { frontiers[index + 1] = writer.root }
        }
        let files = Dictionary(uniqueKeysWithValues: writer.publish().map { ($0.path, $0.bytes) })
        let nodes = TileNodes(size: size) { files[$0] }
        for index in picks {
            let proof = try InclusionProof.make(index: index, size: size, nodes: nodes)
            try InclusionProof.verify(
                proof, leaf: leaves[Int(index)], index: index, size: size, root: writer.root)
            let link = try ConsistencyProof.make(oldSize: index + 1, size: size, nodes: nodes)
            try ConsistencyProof.verify(
                link, oldSize: index + 1, oldRoot: try #require(frontiers[index + 1]), size: size,
                root: writer.root)
        }
    }

    @Test func aFullTileServesWhereThePartialOneIsGone() throws {
        var writer = TileWriter()
        for number in 0..<256 { try writer.append([UInt8(number)]) }
        let files = Dictionary(uniqueKeysWithValues: writer.publish().map { ($0.path, $0.bytes) })
        let nodes = TileNodes(size: 100) { files[$0] }
        #expect(try nodes.hash(level: 0, index: 99) == MerkleTree.leafHash([99]))
        #expect(throws: ProofError(.outOfRange, "")) { try nodes.hash(level: 0, index: 100) }
        #expect(throws: ProofError(.outOfRange, "")) { try nodes.hash(level: 64, index: 0) }
        let none = TileNodes(size: 100) { _ in nil }
        #expect(throws: ProofError(.missingTile, "")) { try none.hash(level: 0, index: 0) }
        let short = TileNodes(size: 100) { _ in [1, 2, 3] }
        #expect(throws: ProofError(.malformedTile, "")) { try short.hash(level: 0, index: 0) }
    }
}
