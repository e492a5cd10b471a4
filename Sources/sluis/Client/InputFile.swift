import Foundation
import Model

/// Files that the user names on the command line.
enum InputFile {
    private static let chunkBytes = 1 << 20

    /// The whole file.
    /// - Throws: a fault that names the option and the file.
    static func bytes(_ path: String, option: String, maximumBytes: Int) throws -> [UInt8] {
        try bytes(of: open(path, option), path, option: option, maximumBytes: maximumBytes)
    }

    /// The file as JSON.
    static func json(_ path: String, option: String, maximumBytes: Int = 1 << 20) throws -> JSON {
        let bytes = try bytes(path, option: option, maximumBytes: maximumBytes)
        do {
            return try JSON.parse(bytes)
        } catch {
            throw ClientFault(.badInput, "bad_json", "`\(path)` is not JSON: \(error)", field: option)
        }
    }

    /// The file as text, or standard input for `-`.
    static func text(_ path: String, option: String, maximumBytes: Int = 1 << 16) throws -> String {
        let file = path == "-" ? .standardInput : try open(path, option)
        let bytes = try bytes(of: file, path, option: option, maximumBytes: maximumBytes)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ClientFault(.badInput, "not_utf8", "`\(path)` is not UTF-8", field: option)
        }
        return text
    }

    /// All of standard input.
    static func standardInput(maximumBytes: Int) throws -> [UInt8] {
        try bytes(of: .standardInput, "-", option: "standard input", maximumBytes: maximumBytes)
    }

    /// Lends the file piece by piece.
    static func read(_ path: String, option: String, _ body: ([UInt8]) throws -> Void) throws {
        let file = try open(path, option)
        while let bytes = try piece(of: file, path, option) { try body(bytes) }
    }

    static func sizeBytes(_ path: String, option: String) throws -> Int {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(filePath: path).resolvingSymlinksInPath().path)
        guard attributes?[.type] as? FileAttributeType == .typeRegular,
            let size = attributes?[.size] as? NSNumber
        else {
            throw ClientFault(.badInput, "missing_file", "there is no file `\(path)`", field: option)
        }
        return size.intValue
    }

    static func open(_ path: String, _ option: String) throws -> FileHandle {
        guard !path.isEmpty, let file = FileHandle(forReadingAtPath: path) else {
            let isThere = FileManager.default.fileExists(atPath: path)
            throw ClientFault(
                .badInput, "missing_file",
                isThere ? "`\(path)` cannot be read" : "there is no file `\(path)`",
                field: option)
        }
        return file
    }

    /// Nil at the end of the file.
    static func piece(of file: FileHandle, _ path: String, _ option: String) throws -> [UInt8]? {
        do {
            guard let data = try file.read(upToCount: chunkBytes), !data.isEmpty else { return nil }
            return Array(data)
        } catch {
            throw ClientFault(.badInput, "unreadable_file", "`\(path)` cannot be read", field: option)
        }
    }

    private static func bytes(
        of file: FileHandle, _ path: String, option: String, maximumBytes: Int
    ) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try piece(of: file, path, option) {
            bytes += piece
            guard bytes.count <= maximumBytes else {
                throw ClientFault(
                    .tooLarge, "file_too_large", "`\(path)` is too large", field: option,
                    expected: "at most \(maximumBytes) bytes")
            }
        }
        return bytes
    }
}
