import Cryptography
import DataPlane
import Model
import NIOHTTP1
import TestSupport

@testable import sluis

/// One of the readers: reads, slowly, again and again, and checks every cell that comes.
struct StormReader: Sendable {
    private let world: StormWorld
    private let client: PacedClient
    private let tokens: StormTokens
    /// When the storm pauses.
    private let deadline: Instant
    private var random: SeededGenerator
    private(set) var reads: [StormRead] = []
    /// Entries of decisions that gave no rows.
    private(set) var denials: [Int64] = []
    private(set) var faults: [String] = []

    init(
        _ world: StormWorld, _ client: PacedClient, _ tokens: StormTokens, until deadline: Instant,
        _ random: SeededGenerator
    ) {
        (self.world, self.client, self.tokens) = (world, client, tokens)
        (self.deadline, self.random) = (deadline, random)
    }

    mutating func run() async throws {
        while Instant.system < deadline { try await read() }
    }

    private mutating func read() async throws {
        var number = random.pick([0, 0, 0, 1, 1, 2, 2, 3])
        // That a token of it is of no use any more is for other tests to show.
        if let until = world.agreements[number].until, until < .system { number = 0 }
        let query = StormQuery.random(
            under: number, agreed: world.agreements[number].fields, using: &random)
        if query.coding == .identity, random.chance(35) {
            try await readPart(of: query)
        } else {
            _ = try await take(query, pace(), [:])
        }
    }

    private mutating func pace() -> PacedClient.Pace {
        let deadline = deadline
        return PacedClient.Pace(
            bytesPerSecond: random.pick([60_000, 120_000, 250_000, 500_000, 1_000_000]),
            hangsUpAfter: random.chance(30) ? Int.random(in: 1...600_000, using: &random) : nil,
            isHurried: { Instant.system >= deadline })
    }

    /// Reads all there is, at once, and then a part of it, slowly.
    private mutating func readPart(of query: StormQuery) async throws {
        let tagged = try await take(query, PacedClient.Pace(), [:])
        guard let (whole, answer) = tagged, let tag = answer.headers.first(name: "ETag"), whole.bytes > 0
        else { return }
        let first = Int.random(in: 0..<whole.bytes, using: &random)
        let last = first + random.pick([0, 100, 20_000, 200_000, 1_000_000])
        let range = random.pick(["\(first)-", "\(first)-\(last)", "-\(whole.bytes - first)"])
        let upper = range == "\(first)-\(last)" ? min(last + 1, whole.bytes) : whole.bytes
        let part = try await take(query, pace(), ["Range": "bytes=\(range)", "If-Range": tag])
        guard let (_, rest) = part, rest.status == 206 else { return }
        var read = reads.removeLast()
        read.part = StormRead.Part(
            start: first, wholeBytes: whole.bytes, wholePieces: whole.pieces)
        let isWhole = if case .told(status: "complete", _, _) = whole.end { true } else { false }
        if !isWhole || !answer.body[first..<upper].starts(with: rest.body) {
            read.faults.append("the part \(range) is not of what had its tag")
        }
        if case .told(status: "complete", _, _) = read.end, rest.body.count != upper - first {
            read.faults.append("the part \(range) has \(rest.body.count) bytes")
        }
        reads.append(read)
    }

    /// - Returns: nil if the read was denied.
    private mutating func take(
        _ query: StormQuery, _ pace: PacedClient.Pace, _ fields: HTTPHeaders
    ) async throws -> (StormRead, RawAnswer)? {
        let token: String
        do { token = try await tokens.token(query.agreement) } catch is HubProblem
            where isEnding(query.agreement)
        { return nil }
        var headers = query.headers(token)
        headers.add(contentsOf: fields)
        let began = Instant.system
        let reading = try await client.read(query.path, headers, pace)
        let ended = Instant(milliseconds: Instant.system.milliseconds + 1)
        let answer = reading.answer
        guard [200, 206].contains(answer.status), let decision = answer.entry else {
            if let entry = answer.entry { denials.append(Int64(entry)) }
            if !isEnding(query.agreement) {
                let text = String(decoding: answer.body, as: UTF8.self)
                faults.append("\(query.path): \(answer.status) \(text)")
            }
            return nil
        }
        let isPart = answer.status == 206
        let isWhole = answer.trailers["Sluis-Status"] == ["complete"]
        let content = try answer.unpacked(isWhole: isWhole)
        let scan = isPart ? nil : StormScan(content, of: query, in: world.table)
        var read = StormRead(
            query: query, began: began, ended: ended, decision: Int64(decision), end: .hungUp,
            bytes: content.count, digest: SHA256.hash(content), pieces: scan?.pieces ?? [], part: nil,
            steps: query.coding == .identity ? reading.steps : [], faults: scan?.faults ?? [])
        if !reading.isHungUp {
            try tell(&read, answer, isPart: isPart)
            if let scan, scan.rest > 0 { read.faults.append("it ends inside a row") }
        }
        reads.append(read)
        return (read, answer)
    }

    /// Whether an agreement is over or nearly so: its tokens live for whole seconds.
    private func isEnding(_ agreement: Int) -> Bool {
        guard let until = world.agreements[agreement].until else { return false }
        return until.milliseconds < Instant.system.milliseconds + 3_000
    }

    /// Reads the trailers.
    private func tell(_ read: inout StormRead, _ answer: RawAnswer, isPart: Bool) throws {
        let receipt = answer.trailers.first(name: "Sluis-Receipt").flatMap { Base64.decodeURL($0) }
        guard let receipt, let status = answer.trailers.first(name: "Sluis-Status"),
            let completion = answer.completion,
            let salt = try JSON.parse(receipt)["salt"]?.string.flatMap({ Base64.decodeURL($0) })
        else {
            read.faults.append("without a receipt: \(answer.trailers)")
            return
        }
        read.end = .told(status: status, completion: Int64(completion), salt: salt)
        let digest = isPart ? "Content-Digest" : "Repr-Digest"
        if answer.trailers[digest] != [RawAnswer.digest(answer.body)] {
            read.faults.append("another \(digest) than of what came")
        }
    }
}
