import Foundation
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

    static func bytes(_ path: String) throws -> [UInt8] {
        try Array(Data(contentsOf: folder.appending(path: path)))
    }

    /// All JSON files below a folder.
    static func cases<Case: Decodable>(_ path: String, as type: Case.Type) throws -> [(name: String, Case)] {
        let folder = folder.appending(path: path)
        let names = try #require(FileManager.default.enumerator(atPath: folder.path)).compactMap {
            $0 as? String
        }
        return try names.filter { $0.hasSuffix(".json") }.sorted().map { name in
            (name, try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: name))))
        }
    }
}
