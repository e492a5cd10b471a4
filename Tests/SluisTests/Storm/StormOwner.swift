import Model
import TestSupport

@testable import sluis

/// Makes owners change their minds, one at a time.
struct StormOwner: Sendable {
    private let world: StormWorld
    private let ledger: StormLedger
    private var random: SeededGenerator
    private(set) var faults: [String] = []

    init(_ world: StormWorld, _ ledger: StormLedger, _ random: SeededGenerator) {
        (self.world, self.ledger, self.random) = (world, ledger, random)
    }

    /// One change of somebody.
    mutating func change() async throws {
        // The second one is quiet, so that streams in it often meet no change.
        let agreement = random.pick([0, 0, 0, 1, 2, 2, 3, 3])
        try await change(agreement, Int.random(in: 0..<StormTable.owners, using: &random))
    }

    /// - Parameter owner: who says yes, amends what he said, or withdraws.
    mutating func change(_ number: Int, _ owner: Int) async throws {
        let agreement = world.agreements[number]
        // What comes when an agreement ends is refused or not, as it happens.
        if let until = agreement.until, Instant.system.milliseconds > until.milliseconds - 2_000 { return }
        guard let account = ledger.begin(number, owner) else { return }
        var change: StormChange?
        defer { ledger.finish(number, owner, change) }
        let began = Instant.system
        let isLive = account.isLive(at: began)
        let terms: StormTerms? =
            isLive && random.chance(40)
            ? nil : .random(of: owner, agreed: agreement.fields, using: &random)
        let answer = try await call(terms, account.last?.answer?.grant, agreement, owner)
        let ended = Instant(milliseconds: Instant.system.milliseconds + 1)
        change = StormChange(
            began: began, ended: ended, answer: answer,
            isNarrowing: answer != nil && Self.takes(from: account, to: terms, at: ended))
    }

    /// - Returns: nil if a grant ran out before the call came through.
    private mutating func call(
        _ terms: StormTerms?, _ grant: String?, _ agreement: StormWorld.Agreement, _ owner: Int
    ) async throws -> StormChange.Answer? {
        let client = world.owners[owner]
        do {
            let json =
                if let terms {
                    try await client.call(
                        .post, "/api/v1/grants", body: .json(terms.json(under: agreement.id))
                    ).json
                } else {
                    try await client.call(.post, "/api/v1/grants/\(grant ?? "")/withdraw").json
                }
            let isAsAsked = terms.map { JSON($0.fields.names) == json["fields"] } ?? true
            if !isAsAsked || json["state"]?.string != (terms == nil ? "Withdrawn" : "Given") {
                faults.append("owner \(owner) asked for \(String(describing: terms)): \(json.canonicalText)")
            }
            guard let epoch = json["epoch"]?.integer, let entry = json["entry"]?.integer,
                let grant = json["grant"]?.string
            else {
                throw Refusal("no whole answer: \(json.canonicalText)")
            }
            return StormChange.Answer(epoch: epoch, entry: entry, grant: grant, terms: terms)
        } catch let problem as HubProblem
            where ["grant_state", "grant_changed"].contains(problem.code) || problem.field == "valid_until"
        {
            return nil
        }
    }

    /// Whether something that flowed for certain no longer does.
    private static func takes(from account: StormAccount, to terms: StormTerms?, at now: Instant) -> Bool {
        guard let before = account.last?.answer?.terms, account.isLive(at: now) else { return false }
        return before.keys.contains { !before.fields.isSubset(of: terms?.fields(ofKey: $0) ?? []) }
    }
}
