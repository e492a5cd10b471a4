import Foundation
import Testing

/// The checkout that these tests read.
enum Repository {
    /// Links are followed first, so that the folder of tests may be reached through one.
    static let root = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Where the test program lies, and beside it the products of the same build.
    static let products = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent()

    static var isGitCheckout: Bool {
        FileManager.default.fileExists(atPath: root.appending(path: ".git").path)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    /// The file's bytes as text; what is not UTF-8 becomes replacement characters.
    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: root.appending(path: path)), as: UTF8.self)
    }

    /// Paths below a folder, relative to the root and sorted; none if there is no such folder.
    static func files(under folder: String, ending suffix: String = "") -> [String] {
        let base = root.appending(path: folder)
        guard let paths = FileManager.default.enumerator(atPath: base.path)?.allObjects as? [String] else {
            return []
        }
        return paths.filter { $0.hasSuffix(suffix) && !isFolder(base.appending(path: $0)) }
            .map { "\(folder)/\($0)" }.sorted()
    }

    private static func isFolder(_ url: URL) -> Bool {
        (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true
    }

    /// What is in the repository or would be with the next commit.
    static func trackedFiles() throws -> [String] {
        let git = try Command.run(
            "git",
            ["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            in: root)
        guard git.status == 0 else { throw Finding("git ls-files", nil, git.errors) }
        return git.output.split(separator: "\0").map(String.init).filter(exists).sorted()
    }

    /// The Swift files of the product with their text.
    static func sources() throws -> [(path: String, text: String)] {
        try files(under: "Sources", ending: ".swift").map { ($0, try text($0)) }
    }
}

/// What a check has against a file.
struct Finding: Error, Hashable, CustomStringConvertible {
    let path: String
    /// From 1; nil where it is about the whole file.
    let line: Int?
    let message: String

    init(_ path: String, _ line: Int?, _ message: String) {
        (self.path, self.line, self.message) = (path, line, message)
    }

    var description: String { path + (line.map { ":\($0)" } ?? "") + ": \(message)" }
}

/// Fails once for each finding, so that each stands on a line of its own.
func expectNone(_ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation) {
    for finding in findings { Issue.record("\(finding)", sourceLocation: sourceLocation) }
}

extension String {
    /// Numbered from 1, empty ones included.
    var numberedLines: [(number: Int, text: Substring)] {
        utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
            .map { ($0.offset + 1, Substring($0.element)) }
    }
}
