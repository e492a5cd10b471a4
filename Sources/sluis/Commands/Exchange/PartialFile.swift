import Foundation
import Glibc
import Model
import NIOHTTP1
import Synchronization

/// A file of rows on their way.
///
/// They go to `FILE.part`, and `FILE.part.tag` holds the entity tag of the answer whose first bytes they are:
/// under it, and only under it, the rest is the rest of the same. When all are there the file takes its name.
final class PartialFile: Sendable {
    private let path: String
    private let file: FileHandle
    /// Of what an earlier read left: the bytes that are there and their tag; nil to begin anew.
    private let earlier: (bytes: UInt64, tag: String)?
    private let foundWhole = Mutex(false)

    private var partPath: String { path + ".part" }
    private var tagPath: String { path + ".part.tag" }

    /// - Parameter resume: whether to go on with what an earlier read left.
    /// - Throws: `ClientFault` if the file cannot be made.
    init(_ path: String, resume: Bool) throws {
        self.path = path
        let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
        guard kind != .typeDirectory, !path.hasSuffix("/") else {
            throw ClientFault(
                .badInput, "unwritable_file", "`\(path)` is a directory", field: "--out", found: path,
                remedy: "name a file in it")
        }
        let isThere = resume && FileManager.default.fileExists(atPath: path + ".part")
        guard isThere || FileManager.default.createFile(atPath: path + ".part", contents: nil),
            let file = FileHandle(forUpdatingAtPath: path + ".part")
        else {
            throw ClientFault(
                .badInput, "unwritable_file", "`\(path).part` cannot be written", field: "--out")
        }
        self.file = file
        let bytes = try file.seekToEnd()
        let tag = try? String(contentsOfFile: path + ".part.tag", encoding: .utf8)
        earlier = if resume, bytes > 0, let tag { (bytes, tag) } else { nil }
    }

    /// What is to be asked for (RFC 9110 sections 13.1.5 and 14.2).
    var requestHeaders: HTTPHeaders {
        guard let earlier else { return [:] }
        return ["Range": "bytes=\(earlier.bytes)-", "If-Range": earlier.tag]
    }

    /// Whether the hub said that nothing was missing from what was there.
    var isWhole: Bool { foundWhole.withLock { $0 } }

    /// Learns from the answer's head whether the rest comes, or all of it.
    ///
    /// - Throws: `Refusal` for another part than was asked for.
    func head(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) throws {
        let range = headers.first(name: "Content-Range")
        switch status {
        case .ok: try begin(headers.first(name: "ETag"))
        case .partialContent:
            guard let earlier, range?.hasPrefix("bytes \(earlier.bytes)-") == true else {
                throw Refusal("the hub sent another part of the rows than was asked for")
            }
        case .rangeNotSatisfiable:
            foundWhole.withLock { $0 = earlier.map { "bytes */\($0.bytes)" == range } ?? false }
        default: break
        }
    }

    /// Rows without their tag are never gone on with: it goes first and comes last.
    private func begin(_ tag: String?) throws {
        try? FileManager.default.removeItem(atPath: tagPath)
        try file.truncate(atOffset: 0)
        try file.synchronize()
        if let tag { try Data(tag.utf8).write(to: URL(filePath: tagPath)) }
    }

    func write(_ bytes: [UInt8]) throws { try StandardOutput.write(Data(bytes), to: file) }

    /// All rows are there: they take the place of an older file in one step, or nothing changes.
    func finish() throws {
        try file.synchronize()
        try file.close()
        guard FileReplacement.replace(path, with: partPath) else {
            throw ClientFault(
                .badInput, "unwritable_file", "`\(partPath)` is whole, but cannot take the name `\(path)`",
                field: "--out", remedy: "rename it yourself")
        }
        try? FileManager.default.removeItem(atPath: tagPath)
    }
}
