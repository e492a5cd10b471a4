import Consent
import DataPlane
import Model
import Testing

/// A consumer who keeps a copy of what he may read, and keeps it up with cursors.
struct Follower {
    let agreement: AgreementID
    let fields: [String]?
    let condition: Condition?
    /// Lines as they came, each with the owner key that it named.
    private(set) var rows: [(key: String?, line: String)] = []
    private(set) var cursor: String?
    /// How often he had to begin anew.
    private(set) var beginnings = 0
    private(set) var retractions = 0
    /// How many of them named owners of whom he had nothing: what came and went between two reads.
    private(set) var idleRetractions = 0
    /// Whether the last read was left alone, so that nothing of it is in doubt.
    private var isSure = false

    init(_ agreement: AgreementID, fields: [String]?, where condition: String? = nil) throws {
        self.agreement = agreement
        self.fields = fields
        self.condition = try condition.map { try Condition($0) }
    }

    /// Brings the copy up to what is released now.
    ///
    /// - Parameters:
    ///   - limit: of the rows; an answer that it ended is thrown away.
    ///   - disturb: called after each block but the last.
    mutating func follow(
        _ world: World, order: RowOrder = .stored, limit: Int? = nil,
        disturb: (() async throws -> Void)? = nil
    ) async throws {
        let plan: ReadPlan
        do {
            plan = try self.plan(world, limit: limit, since: cursor)
        } catch let fault as ClientFault where fault.kind == .gone {
            (cursor, rows) = (nil, [])
            plan = try self.plan(world, limit: limit, since: nil)
        }
        if plan.continuation == nil { beginnings += 1 }
        let lines = try await Self.lines(of: plan, order, world, disturb)
        let sent = lines.count { !$0.hasPrefix("{\"retract\":") }
        guard let next = try world.exchange.cursor(after: plan, rows: sent) else { return }
        if plan.continuation == nil { rows = [] }
        try take(lines, plan)
        cursor = next
        isSure = disturb == nil
    }

    private func plan(_ world: World, limit: Int?, since: String?) throws -> ReadPlan {
        let reading = try world.exchange.read(
            world.claim(agreement), fields: fields, where: condition, limit: limit, since: since)
        guard case .permitted(let plan) = reading else { throw Refused() }
        return plan
    }

    private static func lines(
        of plan: ReadPlan, _ order: RowOrder, _ world: World, _ disturb: (() async throws -> Void)?
    ) async throws -> [String] {
        var stream = try RowStream(
            version: plan.version, filter: .owners, fields: plan.positions, format: .ndjson,
            where: plan.condition, within: plan.bounds, limit: plan.limit, order: order,
            delta: plan.continuation?.delta, from: world.exchange.projection(for: plan))
        let gate = try #require(plan.gate)
        let ticket = try #require(StreamTicket(gate: gate, versionNumber: plan.version.number))
        defer { ticket.end() }
        var bytes: [UInt8] = []
        while true {
            let block = try ticket.atBorder(at: world.exchange.now) { view in
                let block = try stream.assemble(view?.filter)
                if let block { stream.advance(past: block) }
                return block
            }
            guard let block else { break }
            bytes += block.bytes
            if !block.isLast { try await disturb?() }
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private mutating func take(_ lines: [String], _ plan: ReadPlan) throws {
        var hasRows = false
        for line in lines {
            let json = try JSON.parse(Array(line.utf8))
            if let key = json["retract"]?.string {
                #expect(!hasRows, "a retraction behind rows")
                if isSure, condition == nil, !rows.contains(where: { $0.key == key }) {
                    idleRetractions += 1
                }
                rows.removeAll { $0.key == key }
                retractions += 1
            } else {
                hasRows = true
                rows.append((json["meter"]?.string, line))
            }
        }
    }

    /// Compares the copy with what is read whole now.
    func check(_ world: World, _ comment: String) async throws {
        let whole = try await Self.lines(of: plan(world, limit: nil, since: nil), .stored, world, nil)
        #expect(rows.map(\.line).sorted() == whole.sorted(), "\(comment)")
    }

    struct Refused: Error {}
}
