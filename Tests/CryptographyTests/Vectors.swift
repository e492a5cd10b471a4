import Foundation
import Model
import TestSupport
import Testing

extension Vectors {
    static func json(_ path: String) throws -> JSON { try JSON.parse(Array(data(path))) }
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
