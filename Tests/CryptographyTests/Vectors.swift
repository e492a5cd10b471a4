import Foundation
import Model
import Testing

/// Published test vectors that are not part of this project (see the comment at each use for their source).
///
/// They are looked for in the folder that the environment names in `SLUIS_VECTORS`, else beside the project.
/// Where `SLUIS_REQUIRE_VECTORS` is 1 their absence is a failure, elsewhere the tests are skipped.
enum Vectors {
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["SLUIS_VECTORS"] {
            return URL(fileURLWithPath: path)
        }
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return root.appending(path: "../shared/vectors")
    }()

    static let mustRun = ProcessInfo.processInfo.environment["SLUIS_REQUIRE_VECTORS"] == "1"

    /// Whether to run a test that needs `path`.
    static func areWanted(_ path: String) -> Bool {
        mustRun || FileManager.default.fileExists(atPath: folder.appending(path: path).path)
    }

    static func json(_ path: String) throws -> JSON {
        try JSON.parse(Array(Data(contentsOf: folder.appending(path: path))))
    }
}

extension JSON {
    /// A string member in hexadecimal, as Wycheproof writes bytes.
    func bytes(_ member: String) throws -> [UInt8] {
        let text = try text(member)
        return try #require(Hex.decode(text))
    }

    func text(_ member: String) throws -> String {
        try #require(self[member]?.string, "no string `\(member)`")
    }
}
