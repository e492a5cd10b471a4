import Foundation
import Model
import Testing

@testable import sluis

extension TestHub {
    /// Every file of a dataset's versions, from its folder, sorted.
    func datasetFiles(_ dataset: String = "flights") throws -> [String] {
        let folder = URL(filePath: data + "/data/\(dataset)")
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            .filter { !$0.hasPrefix("releases") }
        return try names.filter { name in
            let isFolder = try folder.appending(path: name).resourceValues(forKeys: [.isDirectoryKey])
                .isDirectory
            return isFolder == false || name.contains(".")
        }.sorted()
    }

    /// The files that a dataset should have: those that its inspection names.
    func storedFiles(_ dataset: String, by provider: HubClient) async throws -> [String] {
        let json = try await provider.call(.get, "/api/v1/datasets/\(dataset)/inspection").json
        let stored = try #require(json["stored"])
        let version = stored["version"]?.integer ?? 0
        let lists = [stored["files"]] + (stored["segments"]?.array ?? []).map { $0["files"] }
        return lists.flatMap { $0?.array ?? [] }.compactMap { $0["file"]?.string }.map { "\(version)/\($0)" }
            .sorted()
    }

    /// Waits until something holds; a minute at most.
    func until(_ holds: () throws -> Bool) async throws {
        for _ in 0..<1_200 {
            if try holds() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("waited a minute")
    }
}
