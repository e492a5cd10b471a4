import Cryptography
import DataPlane
import Foundation
import Model
import NIOHTTP1
import Synchronization

/// What came in one read: writes it out, and checks at the end that it is whole.
final class ReadAccount: Sendable {
    private let headerFile: FileHandle?
    private let output: @Sendable ([UInt8]) throws -> Void
    private let state = Mutex(State())
    private let progress = ProgressMeter("bytes read")

    private struct State {
        /// Of what came over the wire.
        var digest = SHA256Stream()
        /// That were written out.
        var bytes = 0
        /// Nil where nothing is coded.
        var unpacker: Unpacker?
    }

    /// Undoes the content coding of a body as it comes.
    private final class Unpacker {
        private var decompressor: Decompressor

        init(_ coding: ContentCoding) throws { decompressor = try Decompressor(coding) }

        func unpack(_ bytes: [UInt8], _ take: ([UInt8]) throws -> Void) throws {
            decompressor.push(bytes)
            while let piece = try next() { try take(piece) }
        }

        func finish() throws {
            do { try decompressor.finish() } catch { throw Self.refusal(error) }
        }

        private func next() throws -> [UInt8]? {
            do { return try decompressor.pull() } catch let fault as ClientFault {
                throw Self.refusal(fault)
            }
        }

        private static func refusal(_ fault: ClientFault) -> Refusal {
            Refusal("what came cannot be unpacked: \(fault.message)")
        }
    }

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
        guard let name = headers.first(name: "Content-Encoding"), (200..<300).contains(status.code) else {
            return
        }
        guard let coding = ContentCoding(rawValue: name) else {
            throw Refusal("the rows came in the coding `\(name)`, which nobody asked for")
        }
        try state.withLock { $0.unpacker = try Unpacker(coding) }
    }

    func body(_ bytes: [UInt8]) throws {
        try state.withLock { state in
            state.digest.update(bytes)
            var written = 0
            let take: ([UInt8]) throws -> Void = { [output] piece in
                written += piece.count
                try output(piece)
            }
            if let unpacker = state.unpacker { try unpacker.unpack(bytes, take) } else { try take(bytes) }
            state.bytes += written
        }
        progress.advance(by: bytes.count)
    }

    /// - Returns: what came, in short.
    /// - Throws: `Refusal` if the hub cut the rows off, or sent others than came.
    func end(_ answer: HubAnswer) throws -> JSON {
        progress.end()
        try write(Self.lines(answer.trailers))
        let status = answer.trailers.first(name: "Sluis-Status")
        guard status == "complete" else {
            if let fault = answer.trailers.first(name: "Sluis-Fault") {
                throw Refusal(
                    "the hub cut the rows off: the provider's server did not send them as it should"
                        + " (\(fault))")
            }
            throw Refusal(
                status == "cut"
                    ? "the hub cut the rows off: the agreement ended, the rest of the rows has changed,"
                        + " the hub stopped, or it could not go on"
                    : "the rows broke off: the hub did not say that they are complete")
        }
        let (digest, bytes) = try state.withLock { state in
            try state.unpacker?.finish()
            return (state.digest.finalize(), state.bytes)
        }
        // Of a part, the one; of all, the other.
        let digests = ["Content-Digest", "Repr-Digest"].lazy.compactMap { answer.trailers.first(name: $0) }
        if let claimed = digests.first,
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
            "cursor": JSON(answer.trailers.first(name: "Sluis-Cursor")),
            "retracted": JSON(answer.headers.first(name: "Sluis-Retracted")),
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
