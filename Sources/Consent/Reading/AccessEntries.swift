public import AuditLog
internal import Cryptography
public import DataPlane
public import Model

/// The entries of one read: of a stream its decision before the first byte and its completion after the last;
/// of an answer that was assembled whole one that is both.
public struct AccessEntries: Sendable {
    /// What was sent.
    public struct Outcome: Sendable {
        public var status: Status
        public var rows: Int
        public var bytes: Int
        /// SHA-256 of the body before content coding; nil if the hub makes no digests.
        public var bodyDigest: [UInt8]?
        /// `[epoch, offset of the first byte sent under it]`, ascending.
        public var epochs: [(epoch: Int64, firstByte: Int)]
        /// The commitment to the side file; nil if the dataset is open.
        public var delivered: [UInt8]?
        /// Why it was cut, where the rows come from elsewhere and that is the reason.
        public var fault: Fault?

        public init(
            status: Status, rows: Int, bytes: Int, bodyDigest: [UInt8]?,
            epochs: [(epoch: Int64, firstByte: Int)],
            delivered: [UInt8]?, fault: Fault? = nil
        ) {
            self.status = status
            self.rows = rows
            self.bytes = bytes
            self.bodyDigest = bodyDigest
            self.epochs = epochs
            self.delivered = delivered
            self.fault = fault
        }

        /// No byte, and so nobody's rows.
        public static func nothing(_ status: Status, _ fault: Fault? = nil) -> Outcome {
            Outcome(
                status: status, rows: 0, bytes: 0, bodyDigest: SHA256.hash([]), epochs: [], delivered: nil,
                fault: fault)
        }
    }

    public enum Status: String, Sendable {
        case complete, cut
        /// The request was for no data, or got none: a head, conditions that do not hold.
        case unsent
    }

    /// What was wrong with the server of a connected dataset, or with what it sent.
    public struct Fault: Hashable, Sendable {
        public var code: String
        /// Of what it sent, from 1.
        public var line: Int?

        public init(code: String, line: Int?) {
            self.code = code
            self.line = line
        }
    }

    /// For how long after an answer others with the same rows may share its side file.
    public static let sharingSeconds: Int64 = 600

    /// Above this many the entry holds their number and a commitment, and the side file the list: an entry
    /// must fit a C2SP bundle.
    static let maximumEpochs = 1000

    public let stream: String
    /// Salts the digests of body and condition: without it nobody can tell from the log what was sent or
    /// asked.
    public let salt: [UInt8]
    private let actor: Actor
    private let members: [String: JSON]
    /// What the reader asked for besides fields: part of the decision, not of what came of it.
    private let selection: [String: JSON]

    /// - Parameters:
    ///   - plan: the permitted read.
    ///   - random: 48 random bytes, for the stream's name and the salt.
    ///   - consumer: for whom he reads, if not for himself.
    public init(
        _ plan: ReadPlan, by actor: Actor, for consumer: Slug? = nil, purpose: Purpose?, random: [UInt8]
    ) {
        self.init(
            decision: plan.decision, dataset: plan.dataset, version: plan.version.number, gate: plan.gate,
            fields: plan.fields, condition: plan.condition, limit: plan.limit,
            since: plan.continuation?.version, epoch: plan.gate == nil ? nil : plan.epoch, by: actor,
            for: consumer, purpose: purpose, random: random)
    }

    /// A read of everything, as it was permitted before.
    ///
    /// - Parameter random: as of any permitted read.
    public init(
        _ plan: ReadPlan.Summary, by actor: Actor, for consumer: Slug?, purpose: Purpose?, random: [UInt8]
    ) {
        self.init(
            decision: plan.decision, dataset: plan.dataset, version: plan.version, gate: plan.gate,
            fields: plan.fields, condition: nil, limit: nil, since: nil,
            epoch: plan.gate == nil ? nil : plan.epoch, by: actor, for: consumer, purpose: purpose,
            random: random)
    }

    /// A read that was denied.
    public init(
        denied decision: Decision, dataset: Slug, gate: AgreementGate?, fields: [String],
        where condition: Condition? = nil, limit: Int? = nil, by actor: Actor, for consumer: Slug? = nil,
        purpose: Purpose?, random: [UInt8]
    ) {
        self.init(
            decision: decision, dataset: dataset, version: nil, gate: gate, fields: fields,
            condition: condition, limit: limit, since: nil, epoch: gate?.epoch, by: actor, for: consumer,
            purpose: purpose, random: random)
    }

    private init(
        decision: Decision, dataset: Slug, version: Int?, gate: AgreementGate?, fields: [String],
        condition: Condition?, limit: Int?, since: Int?, epoch: Int64?, by actor: Actor,
        for consumer: Slug?, purpose: Purpose?, random: [UInt8]
    ) {
        precondition(random.count == 48, "16 bytes name the stream, 32 salt its digest")
        stream = Base64.encodeURL(random[..<16])
        salt = Array(random[16...])
        self.actor = actor
        var members: [String: JSON] = [
            "decision": .string(decision.outcome.rawValue), "reasons": JSON(decision.reasons.map(\.code)),
            "dataset": .string(dataset.text), "version": version.map { .integer(Int64($0)) } ?? .null,
            "agreement": JSON(gate?.agreement.id.description), "purpose": JSON(purpose?.iri),
            "fields": JSON(fields), "epoch": epoch.map(JSON.integer) ?? .null,
            "policy": JSON(gate?.policyDigest),
            "stream": .string(stream),
        ]
        if let consumer { members["consumer"] = .string(consumer.text) }
        self.members = members
        // A condition may quote owner keys and values: only its reader, who has the salt, can show it.
        let salted = condition.map { SHA256.hash(Array(random[16...]) + Array($0.text.utf8)) }
        selection = [
            "where": JSON(salted.map { Base64.encodeURL($0) }),
            "limit": limit.map { .integer(Int64($0)) } ?? .null,
            "since": since.map { .integer(Int64($0)) } ?? .null,
        ]
    }

    /// The entry that must be in the log before the first byte leaves.
    public var decided: AuditEvent {
        AuditEvent(.accessDecided, by: actor, members.merging(selection) { $1 })
    }

    /// To which owners' rows the stream went, one line each, and the epochs if the entry cannot hold them.
    public func sideFile(
        delivered: [Delivery],
        epochs: [(epoch: Int64, firstByte: Int)], random: (Int) -> [UInt8]
    ) -> SideFile {
        if epochs.count <= Self.maximumEpochs { return SideFile(deliveries: delivered, random: random) }
        var lines: [[String: JSON]] = delivered.map { delivery in
            let line: [String: JSON] = [
                "owner": .string(delivery.ownerKey), "rows": .integer(Int64(delivery.rows)),
                "fields": JSON(delivery.fields),
            ]
            return line.merging(delivery.period?.members ?? [:]) { $1 }
        }
        lines.append(["epochs": Self.json(epochs)])
        return SideFile(lines, random: random)
    }

    private static func json(_ epochs: [(epoch: Int64, firstByte: Int)]) -> JSON {
        .array(epochs.map { [.integer($0.epoch), .integer(Int64($0.firstByte))] })
    }

    /// The entry of what then was sent.
    public func completed(_ outcome: Outcome, withheld: Withheld?) -> AuditEvent {
        AuditEvent(.accessCompleted, by: actor, members(outcome, withheld))
    }

    /// The one entry of an answer that is whole before anything of it is sent.
    ///
    /// - Parameter sideFile: the stream of an answer with the same rows whose side file it shares; nil if it
    ///   has its own, or none.
    public func whole(_ outcome: Outcome, withheld: Withheld?, sharing sideFile: String? = nil) -> AuditEvent
    {
        var members = members(outcome, withheld).merging(selection) { $1 }
        if let sideFile { members["side"] = .string(sideFile) }
        return AuditEvent(.access, by: actor, members)
    }

    /// The entry that takes back the one at `index`, which is `whole`: nothing of that answer was sent.
    public func unsent(_ index: UInt64, withheld: Withheld?) -> AuditEvent {
        var all = members(.nothing(.cut), withheld)
        all["corrects"] = .integer(Int64(clamping: index))
        return AuditEvent(.accessCompleted, by: actor, all)
    }

    private func members(_ outcome: Outcome, _ withheld: Withheld?) -> [String: JSON] {
        var all = members
        all["rows"] = .integer(Int64(outcome.rows))
        all["bytes"] = .integer(Int64(outcome.bytes))
        all["digest"] = JSON(outcome.bodyDigest.map { Base64.encodeURL(SHA256.hash(salt + $0)) })
        all["status"] = .string(outcome.status.rawValue)
        if let fault = outcome.fault {
            all["fault"] = [
                "code": .string(fault.code), "line": fault.line.map { .integer(Int64($0)) } ?? .null,
            ]
        }
        all["delivered"] = JSON(outcome.delivered.map { Base64.encodeURL($0) })
        all["withheld"] =
            withheld.map {
                .object(["rows": .integer(Int64($0.rows)), "owners": .integer(Int64($0.owners))])
            } ?? .null
        let epochs = Self.json(outcome.epochs)
        all["epochs"] =
            outcome.epochs.count <= Self.maximumEpochs
            ? epochs
            : .object([
                "count": .integer(Int64(outcome.epochs.count)),
                "commitment": .string(Base64.encodeURL(SHA256.hash(salt + epochs.canonical))),
            ])
        return all
    }
}
