public import Foundation

/// Published test vectors and open data that are not part of this project (see the comment at each use for
/// their source).
///
/// They are looked for in the folders that the environment names in `SLUIS_VECTORS` and `SLUIS_OPEN_DATA`,
/// else beside the project. Where `SLUIS_REQUIRE_VECTORS` is 1 their absence is a failure, elsewhere the
/// tests are skipped.
public enum Vectors {
    public static let folder = folder("SLUIS_VECTORS", "shared/vectors")
    public static let openData = folder("SLUIS_OPEN_DATA", "shared/data")

    public static let mustRun = ProcessInfo.processInfo.environment["SLUIS_REQUIRE_VECTORS"] == "1"

    /// Whether to run a test that needs `path`.
    public static func areWanted(_ path: String) -> Bool {
        mustRun || FileManager.default.fileExists(atPath: folder.appending(path: path).path)
    }

    /// Whether to run a test on open data.
    public static var isOpenDataWanted: Bool {
        mustRun || FileManager.default.fileExists(atPath: openData.path)
    }

    public static func data(_ path: String) throws -> Data {
        try Data(contentsOf: folder.appending(path: path))
    }

    private static func folder(_ variable: String, _ beside: String) -> URL {
        if let path = ProcessInfo.processInfo.environment[variable] { return URL(fileURLWithPath: path) }
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return root.deletingLastPathComponent().appending(path: beside)
    }
}
