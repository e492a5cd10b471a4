import Foundation
@testable import MerkleLog
import Testing

@Suite struct LogDirectoryTests {
    private let unreadable = ProofError(.unreadableFile, "")

    @Test func filesAreListedWithTheirPathsAndRead() throws {
        let log = try LogFixture(sizes: [3, 300])
        let folder = try TemporaryFolder(log.files)
        let directory = try LogDirectory(folder.path)
        #expect(try directory.list().sorted() == log.files.list().sorted())
        for (path, bytes) in log.files.contents { #expect(try directory.read(path) == bytes) }
        #expect(try directory.read("tile/0/009") == nil && directory.read("no/such/file") == nil)
        #expect(try directory.list().sorted() == log.files.list().sorted(), "a second listing is the same")
        #expect(log.verify(directory).verifiedSize == 300)
    }

    @Test func onlyAFolderIsADirectory() throws {
        let folder = try TemporaryFolder()
        try folder.write("file", [1])
        #expect(throws: unreadable) { try LogDirectory(folder.path + "/file") }
        #expect(throws: unreadable) { try LogDirectory(folder.path + "/none") }
        #expect(throws: unreadable) { try LogDirectory("") }
        #expect(throws: unreadable) { try LogDirectory(folder.path + "\u{0}") }
        #expect(try LogDirectory(folder.path).list() == ["file"])
    }

    @Test(arguments: [
        "", "/", "/etc/passwd", "../x", "tile/../checkpoint", "./checkpoint", "a//b", "a/", "a\u{0}b",
    ])
    func aPathThatLeavesTheFolderIsRefused(path: String) throws {
        let folder = try TemporaryFolder()
        #expect(throws: unreadable) { try LogDirectory(folder.path).read(path) }
    }

    @Test func symbolicLinksAreNotFollowed() throws {
        let log = try LogFixture(sizes: [300])
        let elsewhere = try TemporaryFolder(log.files)
        for linked in ["checkpoint", "tile", "tile/0", "tile/0/000", "tile/entries/001.p"] {
            let folder = try TemporaryFolder(log.files)
            try FileManager.default.removeItem(atPath: folder.path + "/" + linked)
            try FileManager.default.createSymbolicLink(
                atPath: folder.path + "/" + linked, withDestinationPath: elsewhere.path + "/" + linked)
            let verdict = log.verify(try LogDirectory(folder.path))
            #expect(!verdict.isVerified, "\(linked): \(verdict)")
        }
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/log", withDestinationPath: elsewhere.path)
        #expect(
            log.verify(try LogDirectory(folder.path + "/log")).isVerified, "the folder itself may be a link")
    }

    @Test func pipesFoldersAndHugeFilesAreNotRead() throws {
        let log = try LogFixture(sizes: [3])
        let folder = try TemporaryFolder(log.files)
        let directory = try LogDirectory(folder.path)
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        #expect(throws: unreadable) { try directory.read("pipe") }
        #expect(throws: unreadable) { try directory.read("tile") }
        #expect(throws: unreadable) { try directory.read("checkpoint/x") }
        try folder.write("tile/0/000.p/200", [])
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path + "/tile/0/000.p/200"))
        try handle.truncate(atOffset: 1 << 40)
        try handle.close()
        try FileManager.default.removeItem(atPath: folder.path + "/pipe")
        let failure = try #require(log.verify(directory).failure)
        #expect(failure.names("tile/0/000.p/200") && failure.reason.contains("1099511627776 bytes"))
    }

    @Test func whatIsStrangeInTheFolderIsNamed() throws {
        let log = try LogFixture(sizes: [300])
        for path in ["new\nline", "tile/0/000.p/\u{7F}", "a/b/c/d/e/f/g/h/i/j/k/l/m", ".hidden"] {
            let folder = try TemporaryFolder(log.files)
            try folder.write(path, [1])
            let failure = try #require(log.verify(try LogDirectory(folder.path)).failure)
            guard case .file(let named) = failure.subject else { return #expect(Bool(false), "\(failure)") }
            #expect(path.hasPrefix(named), "\(named)")
        }
        let folder = try TemporaryFolder(log.files)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/tile/5", withIntermediateDirectories: true)
        #expect(log.verify(try LogDirectory(folder.path)).isVerified, "an empty folder is not a file")
    }

    @Test func aSingleFileIsReadUpToItsLimitAndThroughLinks() throws {
        let folder = try TemporaryFolder()
        try folder.write("key", Array("abc".utf8))
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: "key")
        for name in ["/key", "/link"] {
            #expect(
                try LogDirectory.contents(ofFile: folder.path + name, maximumSizeBytes: 3)
                    == Array("abc".utf8))
        }
        #expect(throws: unreadable) {
            try LogDirectory.contents(ofFile: folder.path + "/key", maximumSizeBytes: 2)
        }
        #expect(throws: unreadable) { try LogDirectory.contents(ofFile: folder.path, maximumSizeBytes: 9) }
        #expect(try LogDirectory.contents(ofFile: folder.path + "/none", maximumSizeBytes: 9) == nil)
    }
}
