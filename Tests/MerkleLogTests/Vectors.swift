import Foundation
import TestSupport
import Testing

extension Vectors {
    static func bytes(_ path: String) throws -> [UInt8] { try Array(data(path)) }

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
