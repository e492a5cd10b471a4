import Foundation
import Model

/// Files that hold secrets.
enum PrivateFiles {
    /// Writes a new file that only its owner can read; refuses to replace one.
    static func write(_ text: String, to path: String) throws {
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        guard !FileManager.default.fileExists(atPath: path),
            FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: attributes)
        else {
            throw ClientFault(
                .conflict, "file_exists", "`\(path)` is there already or cannot be written", found: path,
                remedy: "move it away, or choose another place")
        }
    }

    /// Reads a file, unless others than its owner can read it too.
    static func read(_ path: String) throws -> String {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue
        else {
            throw ClientFault(.notFound, "file_missing", "`\(path)` cannot be read", found: path)
        }
        guard mode & 0o077 == 0 else {
            throw ClientFault(
                .badInput, "key_too_open", "others can read the private key `\(path)`", field: path,
                found: String(mode, radix: 8), expected: "mode 600", remedy: "chmod 600 \(path)")
        }
        return try String(contentsOfFile: path, encoding: .utf8)
    }
}
