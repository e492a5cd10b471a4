@testable import MerkleLog
import Testing
import TestSupport

/// Every byte of every file of a log, changed one at a time.
@Suite struct TamperingTests {
    /// Without optimisation that takes minutes: there it is every 29th, from a place that differs each time.
    #if DEBUG
        static let step = 29
    #else
        static let step = 1
    #endif

    /// 300 entries with partial tiles that later checkpoints no longer need.
    static let sizes = [3, 100, 256, 257, 300]
    static let log: (files: MemoryFiles, key: NoteVerifier)? = {
        guard let log = try? LogFixture(sizes: sizes, entry: { [UInt8($0 & 255), UInt8($0 >> 8), 7] }) else {
            return nil
        }
        return (log.files, log.verifier)
    }()
    static let paths = log?.files.contents.keys.sorted() ?? []

    private func verify(_ files: MemoryFiles, _ key: NoteVerifier) -> LogVerdict {
        var verifier = LogVerifier(files: files, log: key)
        verifier.checksEntries = false
        return verifier.verify()
    }

    @Test func theLogHasFullPartialAndStaleFiles() throws {
        let log = try #require(Self.log)
        #expect(
            Self.paths == [
                "checkpoint", "tile/0/000", "tile/0/000.p/100", "tile/0/000.p/3", "tile/0/001.p/1",
                "tile/0/001.p/44",
                "tile/1/000.p/1", "tile/entries/000", "tile/entries/000.p/100", "tile/entries/000.p/3",
                "tile/entries/001.p/1", "tile/entries/001.p/44",
            ])
        #expect(verify(log.files, log.key).verifiedSize == 300)
    }

    @Test(arguments: paths)
    func aFlippedByteIsFoundAndItsFileNamed(path: String) throws {
        let log = try #require(Self.log)
        var random = SeededGenerator()
        var files = log.files
        let bytes = try #require(files[path])
        for position in stride(
            from: min(Int.random(in: 0..<Self.step, using: &random), bytes.count - 1), to: bytes.count,
            by: Self.step)
        {
            files[path]?[position] = bytes[position] ^ UInt8.random(in: 1...255, using: &random)
            let failure = verify(files, log.key).failure
            #expect(
                failure?.names(path) == true, "byte \(position): \(failure?.what ?? "verified"); \(replay)")
            files[path]?[position] = bytes[position]
        }
    }

    /// The same for files beyond the checkpoint: a publication was killed just before its checkpoint.
    @Test func aFlippedByteBeyondTheCheckpointIsFound() throws {
        let log = try LogFixture(sizes: [3, 250]) { [UInt8($0)] }
        for number in 250..<530 { try log.append([UInt8(number & 255), 1]) }
        let pending = try log.publication().dropLast()
        for file in pending { log.files[file.path] = file.bytes }
        #expect(log.verify { $0.checksEntries = false }.verifiedSize == 250)
        #expect(
            pending.map(\.path) == [
                "tile/entries/000", "tile/0/000", "tile/entries/001", "tile/0/001", "tile/entries/002.p/18",
                "tile/0/002.p/18", "tile/1/000.p/2",
            ])
        for file in pending {
            for position in stride(
                from: 0, to: file.bytes.count, by: file.bytes.count > 2000 ? 61 : Self.step)
            {
                var files = log.files
                files[file.path]?[position] ^= 1
                let failure = log.verify(files) { $0.checksEntries = false }.failure
                #expect(
                    failure?.names(file.path) == true,
                    "\(file.path) \(position): \(failure?.what ?? "verified")")
                let entries = log.entries
                let told = log.verify(files) {
                    $0.checksEntries = false
                    $0.trailingEntries = { $0 < entries.count ? entries[Int($0)] : nil }
                }.failure
                #expect(told?.names(file.path) == true, "\(file.path) \(position) with the journal")
            }
        }
    }
}
