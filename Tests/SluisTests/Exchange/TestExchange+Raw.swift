import AuditLog
import Cryptography
import DataPlane
import Dispatch
import Foundation
import Model
import NIOHTTP1
import Synchronization
import Testing

@testable import sluis

/// An answer of any status as it came over the wire.
struct RawAnswer: Sendable {
    var status = 0
    var headers: HTTPHeaders = [:]
    var body: [UInt8] = []
    var trailers: HTTPHeaders = [:]

    /// The index of the entry of its decision.
    var entry: UInt64? { headers.first(name: "Sluis-Entry").flatMap { UInt64($0) } }

    /// The index of the entry of what was sent.
    var completion: UInt64? {
        let receipt = trailers.first(name: "Sluis-Receipt").flatMap { Base64.decodeURL($0) }
        return receipt.flatMap { try? JSON.parse($0) }?["completion"]?.integer.map { UInt64($0) }
    }

    /// As the digest fields write it.
    static func digest(_ bytes: [UInt8]) -> String { "sha-256=:\(Base64.encode(SHA256.hash(bytes))):" }

    /// The body without its coding.
    ///
    /// - Parameter isWhole: false for one that may break off.
    func unpacked(isWhole: Bool = true) throws -> [UInt8] {
        let coding = headers.first(name: "Content-Encoding").flatMap { ContentCoding(rawValue: $0) }
        var unpacking = try Decompressor(coding ?? .identity)
        var content: [UInt8] = []
        unpacking.push(body)
        while let piece = try unpacking.pull() { content += piece }
        if isWhole { try unpacking.finish() }
        return content
    }
}

extension TestExchange {
    /// Reads the dataset, whatever the status.
    ///
    /// - Parameters:
    ///   - reader: nil for the consumer.
    ///   - onBytes: sees the body as it comes.
    func raw(
        _ token: String?, _ query: String = "", _ fields: HTTPHeaders = [:], dataset: String = "flights",
        by reader: HubClient? = nil, onBytes: @escaping @Sendable ([UInt8]) throws -> Void = { _ in }
    ) async throws -> RawAnswer {
        var headers = fields
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        let state = Mutex(RawAnswer())
        do {
            let answer = try await (reader ?? consumer).download(
                "/data/\(dataset)\(query)", headers: headers,
                onHead: { status, headers in
                    state.withLock { ($0.status, $0.headers) = (Int(status.code), headers) }
                },
                onBytes: { bytes in
                    state.withLock { $0.body += bytes }
                    try onBytes(bytes)
                })
            state.withLock { $0.trailers = answer.trailers }
        } catch is HubProblem {
            // Its status is known.
        }
        return state.withLock { $0 }
    }

    /// More than a header has, in whatever coding.
    private static let headerBytes = 256

    /// Reads the dataset slowly; once the first rows have come, the reader stands still while `change` runs.
    func paused(
        _ token: String, _ query: String = "", _ fields: HTTPHeaders = [:], by reader: HubClient? = nil,
        during change: () async throws -> Void
    ) async throws -> RawAnswer {
        let (hasStarted, started) = AsyncStream.makeStream(of: Void.self)
        let mayGoOn = DispatchSemaphore(value: 0)
        // The header alone says nothing of the rows behind it.
        let received = Mutex(0)
        async let answer = raw(token, query, fields, by: reader) { bytes in
            let isFirst = received.withLock { received in
                let before = received
                received += bytes.count
                return before < Self.headerBytes && received >= Self.headerBytes
            }
            if isFirst {
                // Half of the kernel's buffers are full meanwhile.
                started.yield()
                mayGoOn.wait()
            }
            Thread.sleep(forTimeInterval: 0.002)
        }
        for await _ in hasStarted { break }
        do {
            try await change()
        } catch {
            mayGoOn.signal()
            _ = try? await answer
            throw error
        }
        mayGoOn.signal()
        return try await answer
    }

    /// Waits until reading histories tell of an entry.
    func indexed(beyond entry: Int64, by supervisor: HubClient) async throws {
        for _ in 0..<3_000 {
            let page = try await supervisor.call(.get, "/api/v1/log/entries?limit=1").json
            if try #require(page["indexed_to"]?.integer) > entry { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Refusal("entry \(entry) was not indexed in time")
    }

    /// An entry of the log of a hub that has stopped or goes on.
    func entry(_ index: UInt64?) throws -> JSON {
        try JSON.parse(HubLog(directory: hub.data).entry(#require(index)))
    }

    /// How many rows of each owner key an entry's side file has.
    func deliveries(_ entry: JSON) throws -> [String: Int] {
        try delivered(entry).mapValues(\.rows)
    }

    /// What an entry's side file has of each owner key.
    func delivered(_ entry: JSON) throws -> [String: (rows: Int, fields: [String])] {
        let path = hub.data + "/side/" + (try #require(entry.sideFileName))
        guard let commitment = entry["delivered"]?.string.flatMap({ Base64.decodeURL($0) }) else {
            return [:]
        }
        let file = try SideFile(
            file: Array(try Data(contentsOf: URL(filePath: path))), commitment: commitment)
        return try file.lines.reduce(into: [:]) { counts, line in
            let line = try #require(line)
            counts[try #require(line["owner"]?.string)] = (
                Int(try #require(line["rows"]?.integer)),
                try #require(line["fields"]?.array).compactMap(\.string)
            )
        }
    }
}
