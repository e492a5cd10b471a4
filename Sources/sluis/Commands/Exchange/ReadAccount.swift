import Cryptography
import Foundation
import Model
import NIOHTTP1
import Synchronization

/// What came in one read: writes it out, and checks at the end that it is whole.
final class ReadAccount: Sendable {
    private let headerFile: FileHandle?
    private let output: @Sendable ([UInt8]) throws -> Void
    private let state = Mutex((digest: SHA256Stream(), bytes: 0))
    private let progress = ProgressMeter("bytes read")

    /// - Parameter file: takes status line, headers and trailers; nil for nowhere.
    init(
        file: FileHandle?,
        output: @escaping @Sendable ([UInt8]) throws -> Void = { try StandardOutput.write(Data($0)) }
    ) {
        headerFile = file
        self.output = output
    }

    /// Made before anything is asked, so that a bad name costs no entry in the log.
    static func newFile(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else {
            throw ClientFault(.badInput, "unwritable_file", "`\(path)` cannot be written", field: "--headers")
        }
        return file
    }

    func head(_ status: HTTPResponseStatus, _ headers: HTTPHeaders) throws {
        try write(["HTTP/1.1 \(status.code) \(status.reasonPhrase)"] + Self.lines(headers))
    }

    func body(_ bytes: [UInt8]) throws {
        try output(bytes)
        state.withLock { state in
            state.digest.update(bytes)
            state.bytes += bytes.count
        }
        progress.advance(by: bytes.count)
    }

    /// - Returns: what came, in short.
    /// - Throws: `Refusal` if the hub cut the rows off, or sent others than came.
    func end(_ answer: HubAnswer) throws -> JSON {
        progress.end()
        try write(Self.lines(answer.trailers))
        let (digest, bytes) = state.withLock { ($0.digest.finalize(), $0.bytes) }
        let status = answer.trailers.first(name: "Sluis-Status")
        guard status == "complete" else {
            throw Refusal(
                status == "cut"
                    ? "the hub cut the rows off: the agreement ended, the hub stopped, or it could not go on"
                    : "the rows broke off: the hub did not say that they are complete")
        }
        if let claimed = answer.trailers.first(name: "Repr-Digest"),
            claimed != "sha-256=:\(Base64.encode(digest)):"
        {
            throw Refusal("what came is not what the hub sent: the digests differ")
        }
        return [
            "status": .string("complete"), "bytes": .integer(Int64(bytes)),
            "entry": Self.number(answer.headers, "Sluis-Entry"),
            "epoch": Self.number(answer.headers, "Sluis-Epoch"),
            "withheld": JSON(answer.headers.first(name: "Sluis-Withheld")),
            "receipt": JSON(answer.trailers.first(name: "Sluis-Receipt")),
        ]
    }

    private static func number(_ headers: HTTPHeaders, _ name: String) -> JSON {
        headers.first(name: name).flatMap { Int64($0) }.map { .integer($0) } ?? .null
    }

    private static func lines(_ headers: HTTPHeaders) -> [String] {
        headers.map { "\($0.name): \($0.value)" }
    }

    private func write(_ lines: [String]) throws {
        try headerFile?.write(contentsOf: Data(lines.map { $0 + "\n" }.joined().utf8))
    }
}
