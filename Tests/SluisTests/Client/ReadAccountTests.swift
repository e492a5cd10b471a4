import Cryptography
import Foundation
import Model
import NIOHTTP1
import Synchronization
import Testing

@testable import sluis

@Suite("What came in a read is whole, or the program says so")
struct ReadAccountTests {
    private let scratch = ScratchFolder()
    private static let rows = Array("a,b\n1,2\n".utf8)
    private static let digest = "sha-256=:\(Base64.encode(SHA256.hash(rows))):"

    private func end(_ trailers: HTTPHeaders) throws -> JSON {
        let account = ReadAccount(file: nil, output: { _ in })
        try account.head(.ok, [:])
        try account.body(Array(Self.rows.prefix(3)))
        try account.body(Array(Self.rows.dropFirst(3)))
        return try account.end(
            HubAnswer(
                status: 200, headers: ["Sluis-Entry": "7", "Sluis-Epoch": "2"], bytes: [], trailers: trailers)
        )
    }

    @Test("A whole read is summed up")
    func whole() throws {
        let summary = try end(
            ["Repr-Digest": Self.digest, "Sluis-Status": "complete", "Sluis-Receipt": "abc"])
        #expect(
            summary == [
                "status": "complete", "bytes": 8, "entry": 7, "epoch": 2, "withheld": nil, "receipt": "abc",
                "cursor": nil, "retracted": nil,
            ])
    }

    @Test("A hub may leave out the digest, not the status")
    func withoutDigest() throws {
        #expect(try end(["Sluis-Status": "complete"])["bytes"] == 8)
        let refusal = #expect(throws: Refusal.self) { _ = try end(["Repr-Digest": Self.digest]) }
        #expect(refusal?.description.contains("broke off") == true)
    }

    @Test("Rows that were cut off, or others than were sent, are a no")
    func notWhole() throws {
        let cut = #expect(throws: Refusal.self) {
            _ = try end(["Sluis-Status": "cut", "Repr-Digest": Self.digest])
        }
        #expect(cut?.description.contains("cut the rows off") == true)
        let other = #expect(throws: Refusal.self) {
            _ = try end(["Sluis-Status": "complete", "Repr-Digest": "sha-256=:AAAA:"])
        }
        #expect(other?.description.contains("digests differ") == true)
    }

    @Test("Rows go out as they come; status line, headers and trailers go to the file, one a line")
    func headerFile() throws {
        let path = scratch.path("headers.txt")
        let out = Mutex<[[UInt8]]>([])
        let account = ReadAccount(
            file: try ReadAccount.newFile(path), output: { bytes in out.withLock { $0.append(bytes) } })
        try account.head(.ok, ["Content-Type": "text/csv", "Sluis-Entry": "7"])
        try account.body([1, 2])
        try account.body([3])
        _ = try account.end(
            HubAnswer(status: 200, headers: [:], bytes: [], trailers: ["Sluis-Status": "complete"]))
        #expect(out.withLock { $0 } == [[1, 2], [3]])
        #expect(
            try String(contentsOfFile: path, encoding: .utf8)
                == "HTTP/1.1 200 OK\nContent-Type: text/csv\nSluis-Entry: 7\nSluis-Status: complete\n")
    }

    @Test("A file that cannot be made is found before anything is asked")
    func badHeaderFile() {
        let fault = #expect(throws: ClientFault.self) {
            _ = try ReadAccount.newFile(scratch.path("no/such/file"))
        }
        #expect(fault?.field == "--headers")
    }
}

@Suite("Files named on the command line")
struct InputFileTests {
    private let scratch = ScratchFolder()

    @Test("What is too large, not there, no file or not text is named with its option")
    func faults() throws {
        let large = try scratch.file("large", String(repeating: "x", count: 11))
        let fault = #expect(throws: ClientFault.self) {
            _ = try InputFile.bytes(large, option: "--file", maximumBytes: 10)
        }
        #expect(fault?.code == "file_too_large")
        #expect(try InputFile.bytes(large, option: "--file", maximumBytes: 11).count == 11)
        for path in [scratch.path("none"), scratch.path, ""] {
            let fault = #expect(throws: ClientFault.self) {
                _ = try InputFile.bytes(path, option: "--file", maximumBytes: 10)
            }
            #expect(fault?.field == "--file")
            #expect(throws: ClientFault.self) { _ = try InputFile.sizeBytes(path, option: "--file") }
        }
        try Data([0xFF]).write(to: URL(filePath: scratch.path("binary")))
        #expect(throws: ClientFault.self) { _ = try InputFile.text(scratch.path("binary"), option: "--x") }
        #expect(throws: ClientFault.self) { _ = try InputFile.json(large, option: "--x") }
    }

    @Test("A large file comes in pieces that make the whole")
    func pieces() throws {
        let text = String(repeating: "0123456789", count: 250_000)
        let path = try scratch.file("large", text)
        var pieces: [Int] = []
        var bytes: [UInt8] = []
        try InputFile.read(path, option: "--file") {
            pieces.append($0.count)
            bytes += $0
        }
        #expect(bytes == Array(text.utf8))
        #expect(pieces.count > 1)
        #expect(try InputFile.sizeBytes(path, option: "--file") == 2_500_000)
    }
}
