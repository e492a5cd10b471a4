import Consent
import DataPlane
import Model
import Testing

/// A reader of one answer, block by block, as the gateway serves it: each block is assembled and handed out
/// inside the ticket's border, and dropped if the epoch rose meanwhile.
final class Download {
    enum Step: Equatable {
        /// The lines of a block.
        case rows([String])
        /// The filter changed while the block was assembled: it was dropped.
        case dropped
        case end
        /// The agreement is over.
        case cut
    }

    let plan: ReadPlan
    let ticket: StreamTicket?
    private let exchange: Exchange
    private var stream: RowStream
    private(set) var epochs: [Int64] = []

    init(_ plan: ReadPlan, of exchange: Exchange) throws {
        self.plan = plan
        self.exchange = exchange
        stream = try RowStream(
            version: plan.version, filter: plan.gate == nil ? .open : .owners, fields: plan.positions,
            format: .csv, within: plan.bounds, from: exchange.projection(for: plan))
        // None is given if a newer version has taken the place of the one that was planned.
        let ticket: StreamTicket? =
            if let gate = plan.gate {
                StreamTicket(gate: gate, versionNumber: plan.version.number)
            } else {
                nil
            }
        self.ticket = ticket
    }

    deinit { ticket?.end() }

    /// - Parameter whileAssembled: runs when the block is there and not yet compared with the epoch.
    func step(whileAssembled: () throws -> Void = {}) throws -> Step {
        guard plan.gate != nil else { return try take(nil, whileAssembled) }
        guard let ticket else { return .cut }
        return try ticket.atBorder(at: exchange.now) { view in
            guard let view else { return .cut }
            return try take(view, whileAssembled)
        }
    }

    /// All that is left.
    func rest() throws -> [String] {
        var lines: [String] = []
        while true {
            switch try step() {
            case .rows(let more): lines += more
            case .dropped: continue
            case .end, .cut: return lines
            }
        }
    }

    private func take(_ view: AgreementGate.View?, _ whileAssembled: () throws -> Void) throws -> Step {
        guard let block = try stream.assemble(view?.filter) else { return .end }
        try whileAssembled()
        if let view, ticket?.isCurrent(view) == false { return .dropped }
        if let view { epochs.append(view.epoch) }
        stream.advance(past: block)
        var lines = String(decoding: block.bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
        lines.removeLast()
        #expect(lines.count == block.rows)
        return .rows(lines)
    }
}

extension World {
    func claim(
        _ agreement: AgreementID, fields: [String]? = nil, consumer: Caller? = nil, dataset: String? = nil
    ) throws -> Exchange.Claim {
        let made = try #require(try exchange.agreement(agreement))
        return Exchange.Claim(
            dataset: dataset.map(slug) ?? made.dataset,
            agreement: agreement, consumer: consumer?.organisation?.id ?? made.consumer,
            purpose: Self.purpose, fields: fields ?? made.fields)
    }

    /// The plan of a read that must be permitted.
    func plan(_ agreement: AgreementID, fields: [String]? = nil) throws -> ReadPlan {
        switch try exchange.read(claim(agreement), fields: fields) {
        case .permitted(let plan): return plan
        case .denied(let decision, _): throw Denied(decision: decision)
        }
    }

    func download(_ agreement: AgreementID, fields: [String]? = nil) throws -> Download {
        try Download(plan(agreement, fields: fields), of: exchange)
    }

    /// The lines that a reader gets now, sorted.
    func rows(_ agreement: AgreementID, fields: [String]? = nil) throws -> [String] {
        try download(agreement, fields: fields).rest().sorted()
    }

    /// Which meters a reader sees now.
    func meters(_ agreement: AgreementID) throws -> Set<String> {
        Set(try rows(agreement).map { String($0.prefix { $0 != "," }) })
    }

    struct Denied: Error { let decision: Decision }
}

/// The fault of a call that must be refused to its caller.
func fault<Value>(_ call: () async throws -> Value) async throws -> ClientFault {
    do {
        _ = try await call()
    } catch let fault as ClientFault {
        return fault
    }
    Issue.record("nothing was refused")
    throw NotRefused()
}

struct NotRefused: Error {}
